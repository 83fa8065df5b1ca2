"""What an engine is told of a stack: its program, its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mllab.clock import Clock
from mllab.clouds import registry
from mllab.errors import UsageError

if TYPE_CHECKING:
    from mllab.engines.contract import StackTarget
    from mllab.settings.lab import Lab


def target_of(
    root: Path, stack: str, lab: Lab | None, config: Mapping[str, str], cloud: str, clock: Clock
) -> StackTarget:
    """What an engine is told.

    Args:
        lab: the settings; None where they cannot be used. cloud: where the stack is.
        config: Pulumi's configuration of the stack. clock: its day is the program's.
    """
    from mllab.engines.contract import StackTarget
    from mllab.settings.files import PROJECT

    return StackTarget(
        project=PROJECT,
        stack=stack,
        cloud=cloud,
        config=config,
        program=partial(_declare, lab, clock),
        root=root,
    )


def _declare(lab: Lab | None, clock: Clock) -> None:
    from mllab import program
    from mllab.engines import sdk_modules

    if lab is None:
        raise UsageError("this stack has no settings to be brought up from")
    if sdk := registry.of(lab.lab.cloud).sdk:
        sdk_modules.load_on_demand(sdk)
    program.declare(lab, clock.today())
