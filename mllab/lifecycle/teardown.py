"""`down`: what will go, what must be named first, and what is left when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mllab.accounts.contract import SOFT_DELETED
from mllab.engines.contract import Holding, Outcome
from mllab.errors import LabError, StillThere
from mllab.lifecycle import data_protection
from mllab.lifecycle.deploy import watched
from mllab.lifecycle.explain import explain
from mllab.lifecycle.observer import Observer
from mllab.protocol.deployment import entries, in_cloud, interrupted
from mllab.session.session import Session
from mllab.wording import pluralize, role, short_type


@dataclass(frozen=True)
class Thing:
    """One resource that exists.

    Args:
        where: `state` (recorded) or `account` (a scan of it).
        id: the cloud's; empty for what was begun by a run that was interrupted.
        state: in the account, in the cloud's own word; empty where there is none.
    """

    name: str
    type: str
    role: str
    where: str = "state"
    id: str = ""
    state: str = ""


def recorded(session: Session) -> tuple[Thing, ...]:
    """Every custom resource that is recorded, or was begun by a run that was interrupted.

    Providers are left out: they are no things in a cloud.
    """
    state = session.engine.state()
    return tuple(
        Thing(
            entry["urn"].rpartition("::")[2],
            entry["type"],
            role(entry["urn"]),
            id=entry.get("id", ""),
        )
        for entry in [*entries(state), *interrupted(state)]
        if in_cloud(entry)
    )


def release(session: Session, holdings: Sequence[Holding], named: Sequence[str]) -> frozenset[str]:
    """The holders of data that may go. Raises what `data_protection.release` raises."""
    keep = session.lab is None or session.lab.storage.keep
    return data_protection.release(
        holdings,
        named,
        keep=data_protection.kept(keep, session.engine.state()),
        command=session.command("down"),
    )


def down(session: Session, release: frozenset[str], total: int, observer: Observer) -> Outcome:
    """Delete everything. Failures stay in the outcome; Ctrl-C raises Interrupted."""
    run = observer.running(
        f"Taking down {session.stack}",
        session.clock,
        expected=total,
        simulated=session.realm.timed,
    )
    return watched(session, "down", run, session.engine.destroy, release, observer)


@dataclass(frozen=True)
class Left:
    """What still exists: what is recorded, then what a scan of the account finds.

    Args:
        unseen: why that look saw nothing, or not all; None when it saw everything.
        kept: what is deleted, costs nothing and is kept by the cloud for some days; not left over.
    """

    things: tuple[Thing, ...]
    unseen: LabError | None = None
    kept: tuple[Thing, ...] = ()


def left(session: Session) -> Left:
    """Everything of a stack that still exists."""
    known = recorded(session)
    # Azure does not always write an id in the same case.
    ids = {(thing.type, thing.id.lower()) for thing in known if thing.id}
    names = {(thing.type, thing.name) for thing in known if not thing.id}
    try:
        seen = [
            Thing(one.name, one.type, one.role, "account", one.id, one.state)
            for one in session.realm.inventory(session.stack)
        ]
    except LabError as error:
        return Left(known, error)
    kept = tuple(one for one in seen if one.state == SOFT_DELETED)
    more = (one for one in seen if one not in kept and (one.type, one.id.lower()) not in ids)
    there = tuple(one for one in more if (one.type, one.name) not in names)
    return Left(known + there, kept=kept)


def refuse_orphans(session: Session, found: Left, outcome: Outcome | None = None) -> None:
    """Raise StillThere when anything is left or cannot be told, with the causes.

    Args:
        outcome: of the `down` before; None when nothing was taken down now.
    """
    things, unseen = found.things, found.unseen
    if not things and unseen is None:
        return
    if not things and unseen is not None and outcome is None:
        raise unseen
    lines = []
    if things:
        told = pluralize(len(things), "resource")
        lines.append(f"{told} of {session.stack} may still exist and cost money:")
    for thing in things:
        place = "" if thing.where == "state" else f", not recorded, seen in the {thing.where}"
        place += f", {thing.state}" if thing.state else ""
        lines.append(f"  {thing.name} ({short_type(thing.type)}{place})")
    lines += explain(outcome.failures) if outcome else []
    hint = f"When the cause is gone, go on with:\n  {session.command('down')}"
    if unseen is not None:
        lines.append(f"Whether more is left cannot be told: {unseen.message}")
        hint = "\n".join(filter(None, [unseen.hint, hint if things else ""]))
    elif all(thing.where == "account" for thing in things):
        hint = "They are not recorded, so `down` cannot delete them: remove them by hand."
    raise StillThere("\n".join(lines), hint=hint)
