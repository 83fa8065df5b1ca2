"""What ends a command although the engine itself went on."""

from __future__ import annotations

from mllab.engines.contract import Failure
from mllab.engines.pulumi.declared import Declared
from mllab.engines.pulumi.events import Events
from mllab.errors import LabError, RunFailed


def refuse_broken(
    events: Events, declared: Declared, failures: tuple[Failure, ...], *, always: bool = False
) -> None:
    """Raise RunFailed for a program that raises.

    Args:
        failures: of resources.
        always: also for resources that failed: in a preview their inputs are refused.
    """
    if declared.raised:
        error, place = declared.raised
        if isinstance(error, LabError):
            raise error
        raise RunFailed(f"{place or 'the program'}: {error}") from error
    if (always and failures) or (events.general and not failures):
        lines = [f"{f.source or f.name}: {f.name} ({f.type}): {f.message}" for f in failures]
        hint = next((failure.hint for failure in failures if failure.hint), "")
        raise RunFailed("\n".join(lines or events.general), hint=hint)
