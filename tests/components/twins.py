"""The committed stacks of all clouds, as a run declares them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from mllab import program
from mllab.settings import files
from mllab.settings.lab import Lab
from tests.components import labs
from tests.components.azure import azure_account
from tests.components.gcp import gcp_account
from tests.components.render import Rendered, render


@functools.cache
def declared(stack: str) -> Rendered:
    """A committed stack as it stands, with everything known."""
    lab = files.load(files.find(labs.ROOT, stack))
    return run(lambda: program.declare(lab), lab)


def run(
    declare: Callable[[], object], lab: Lab, config: Mapping[str, str] | None = None
) -> Rendered:
    """What a program declares on an account of the lab's cloud that makes whatever it is asked."""
    accounts = {
        "aws": {"answers": labs.answers("abc", region=lab.region)},
        "azure": {"answers": azure_account.ANSWERS, "account": azure_account.AgreeableAzure},
        "gcp": {"answers": gcp_account.answers(), "account": gcp_account.AgreeableGcp},
    }
    more = {"configuration": config or {}}
    return render(declare, stack_name=lab.stack, **accounts[lab.lab.cloud], **more)
