"""What plain `pulumi up` runs."""

from mllab import program

program.run()
