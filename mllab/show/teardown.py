"""What `down` will remove, and what it says when nothing is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from mllab.engines.contract import Holding, Outcome
from mllab.lifecycle import data_protection
from mllab.lifecycle.teardown import Left, Thing
from mllab.session.session import Session
from mllab.show import table
from mllab.show.table import Row
from mllab.wording import pluralize, short_type


def show_removal(
    console: Console, session: Session, things: Sequence[Thing], holdings: Sequence[Holding]
) -> None:
    """Print what will go, by role, with the data it holds."""
    console.print(f"{session.title}: what `down` removes", style="bold", markup=False)
    held = {(holding.type, holding.name): holding for holding in holdings}
    rows: dict[str, list[Row]] = {}
    for thing in things:
        note = _holds(held.get((thing.type, thing.name)))
        row = Row(Text("-", style="red"), thing.name, thing.type, note)
        rows.setdefault(thing.role, []).append(row)
    console.print(table.resources(rows, console.width))
    console.print(f"\n{pluralize(len(things), 'resource')} to delete.")


def _holds(holding: Holding | None) -> Text:
    if holding is None:
        return Text()
    style = "dim" if holding.amount == "" else "bold red"
    return Text(data_protection.describe(holding), style=style)


def farewell(session: Session, things: Sequence[Thing], kept: Sequence[Thing] = ()) -> str:
    """The last words of a `down` after which nothing is left.

    Args:
        things: what existed before. kept: see `Left`.
    """
    looked = session.realm.account
    told = f"{session.stack} is gone: nothing of it is left, neither recorded nor {looked}."
    if not things:
        told = f"Nothing of {session.stack} exists, neither recorded nor {looked}."
    if kept:
        names = ", ".join(f"{thing.name} ({short_type(thing.type)})" for thing in kept)
        told += (
            "\nDeleted, and kept by the cloud for some days in case somebody wants it back; it "
            f"costs nothing and goes by itself: {names}."
        )
    return told


def document(
    session: Session, things: Sequence[Thing], found: Left, outcome: Outcome | None
) -> dict[str, Any]:
    """What `down --json` prints."""
    return {
        "stack": session.stack,
        "engine": session.engine.name,
        "simulated": session.realm.simulated,
        "existed": [asdict(thing) for thing in things],
        "left": [asdict(thing) for thing in found.things],
        "unseen": found.unseen.message if found.unseen else "",
        "soft_deleted": [asdict(thing) for thing in found.kept],
        "failures": [asdict(failure) for failure in outcome.failures] if outcome else [],
        "seconds": outcome.seconds if outcome else 0.0,
    }
