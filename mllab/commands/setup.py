"""`setup`: what real clouds need besides Python."""

from __future__ import annotations

import typer

from mllab.engines.pulumi import install as installer
from mllab.session.session import home, project
from mllab.show import console


def setup() -> None:
    """Make sure that there is a Pulumi CLI, and print where it is."""
    err = console.stderr()
    found = installer.install(home(project()), lambda line: console.say(err, line))
    console.say(err, "Look at a lab in your account: mllab preview STACK")
    typer.echo(str(found.path))
