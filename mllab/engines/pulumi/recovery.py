"""After an interruption: finds out in the cloud what became of what nobody saw end.

Pulumi's engine alone warns and goes on, and makes everything twice whose create was interrupted.
"""

from __future__ import annotations

from mllab.engines.contract import StackTarget, Step, ignore
from mllab.engines.pulumi import deployment
from mllab.engines.pulumi.cli import Cli, Verb
from mllab.engines.pulumi.declared import Declared
from mllab.engines.pulumi.deployment import Deployment
from mllab.engines.pulumi.events import Events
from mllab.engines.pulumi.workspace import Entry, Workspace
from mllab.errors import RunFailed
from mllab.protocol import urns


def recover(
    cli: Cli, target: StackTarget, place: Workspace, before: Deployment
) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Take what an interrupted run made into the state, and read everything again.

    Args:
        before: the state with its pending operations.

    Returns:
        The steps of what was adopted, and warnings.

    Raises:
        StillThere: nobody can tell what was made.
        RunFailed: the cloud does not answer; what was found until then is recorded, or nothing was
            changed.
    """
    made: list[Entry] = []
    warnings = []
    for operation in deployment.pending(before):
        entry = operation["resource"]
        name = urns.name_of(entry["urn"])
        if operation["type"] != "creating":
            warnings.append(
                f"{name} was read again: the run before was interrupted while "
                f"{operation['type']} it"
            )
        elif (found := _found(place, before, entry, made)) is None:
            warnings.append(
                f"creating {name} was interrupted before anything was made; "
                "it is made now if it is still declared"
            )
        else:
            made.append(found)
            warnings.append(
                f"{name} was found as {found['id']}: "
                "the run before was interrupted after it was made"
            )
    # First without a change: an import forgets what was in work, and nobody would look again.
    _read(cli, target, Verb.LOOK)
    cli.import_(deployment.settled(before, made))
    _read(cli, target, Verb.REFRESH)
    return tuple(deployment.adopted(made)), tuple(warnings)


def _read(cli: Cli, target: StackTarget, verb: Verb) -> None:
    """Read everything that is recorded. Raises RunFailed."""
    events = Events(ignore, Declared(target), "refresh", dry=verb is Verb.LOOK)
    cli.run(verb, _nothing, events)
    if failures := events.failures():
        raise RunFailed(
            "the run before was interrupted, and the cloud does not say what became of it:\n"
            + "\n".join(f"{failure.name}: {failure.message}" for failure in failures),
            hint=next((failure.hint for failure in failures if failure.hint), ""),
        )


def _found(place: Workspace, before: Deployment, entry: Entry, made: list[Entry]) -> Entry | None:
    known, config = _known(before, entry, made), deployment.provider_config(before, entry)
    return place.find(entry, known, config)


def _known(before: Deployment, entry: Entry, made: list[Entry]) -> set[str]:
    """Ids of its type that something else has: another type may use the same id."""
    return {
        other["id"]
        for other in [*deployment.resources(before), *made]
        if other.get("id")
        and other["type"] == entry["type"]
        and not other.get("pendingReplacement")  # that one is gone
    }


def _nothing() -> None:
    """The program of a command that runs none, so that no language host is asked for."""
