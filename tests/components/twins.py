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
def declared(stack: str, kind: str = "vm") -> Rendered:
    """A committed stack as it stands or with another kind of notebooks, with everything known."""
    lab = of_kind(stack, kind)
    return run(lambda: program.declare(lab), lab)


def of_kind(stack: str, kind: str) -> Lab:
    """A committed stack with notebooks of a kind."""
    lab = files.load(files.find(labs.ROOT, stack))
    return lab.model_copy(update={"notebook": lab.notebook.model_copy(update={"kind": kind})})


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
