"""The report of a rehearsal, as it is played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mllab.lifecycle.acts import Act, Rehearsal
from mllab.lifecycle.teardown import Thing
from mllab.show.console import say
from mllab.show.outputs import show_lab
from mllab.wording import format_duration, pluralize, short_type

INDENT = " " * 16


def show(console: Console, rehearsal: Rehearsal, *, verbose: bool) -> list[Act]:
    """Play a rehearsal, and print each act when it is over. Returns the acts that were played.

    Args:
        verbose: also what was expected and seen in acts that went well, and what the lab consisted
            of; else a line each.
    """
    acts: list[Act] = []
    show_head(console, rehearsal)
    for act in rehearsal.play():
        acts.append(act)
        show_act(console, len(acts), act, verbose=verbose or not act.ok)
    if rehearsal.things and verbose:
        show_what_existed(console, rehearsal.things, rehearsal.outputs)
    show_end(console, acts, rehearsal.titles())
    return acts


def show_head(console: Console, rehearsal: Rehearsal) -> None:
    """Say what is going to be played, and where."""
    session = rehearsal.session
    console.print(
        f"Rehearsing {session.title}, from {session.clock.today()}.", style="bold", markup=False
    )
    console.print(f"{rehearsal.place}\n", markup=False)


def show_act(console: Console, number: int, act: Act, *, verbose: bool) -> None:
    """Print one act: what was expected, what was seen, how long it took."""
    verdict = Text("ok", style="green") if act.ok else Text("DIFFERS", style="bold red")
    times = f"{format_duration(act.simulated_seconds)} simulated, " if act.simulated_seconds else ""
    head = Text(f"{number:2}  {act.title}: ", style="bold").append_text(verdict)
    console.print(head.append(f"  ({times}{act.seconds:.1f} s wall)", style="dim"))
    if not verbose:
        return
    say(console, act.expected, INDENT, "      expected  ", "dim")
    say(console, act.seen, INDENT, "      seen      ", "dim")


def show_what_existed(
    console: Console, things: Sequence[Thing], outputs: Mapping[str, Any]
) -> None:
    """Print what the lab consisted of, and the commands that people type."""
    groups: dict[str, list[str]] = {}
    for thing in things:
        groups.setdefault(thing.role, []).append(short_type(thing.type))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("role")
    table.add_column("resources", justify="right")
    table.add_column("of which", overflow="fold")
    for role, types in groups.items():
        table.add_row(role, str(len(types)), ", ".join(_counted(types)))
    console.print(f"\nWhat existed: {pluralize(len(things), 'resource')}", style="bold")
    console.print(table)
    console.print()
    show_lab(console, outputs)


def show_end(console: Console, acts: Sequence[Act], planned: Sequence[str]) -> None:
    """Say how many acts went as expected, and which were not played."""
    good = sum(act.ok for act in acts)
    wall = f"{sum(act.seconds for act in acts):.1f} s wall"
    if simulated := sum(act.simulated_seconds for act in acts):
        wall = f"{format_duration(simulated)} simulated, {wall}"
    text = f"\n{good} of {len(planned)} acts as expected; {wall}."
    console.print(text, style="bold green" if good == len(planned) else "bold red", markup=False)
    if missing := planned[len(acts) :]:
        console.print(f"Not played: {', '.join(missing)}.", markup=False)


def document(rehearsal: Rehearsal, acts: Sequence[Act]) -> dict[str, Any]:
    """What `rehearse --json` prints."""
    return {
        "stack": rehearsal.session.stack,
        "ok": len(acts) == len(rehearsal.titles()) and all(act.ok for act in acts),
        "acts": [asdict(act) for act in acts],
        "notPlayed": rehearsal.titles()[len(acts) :],
        "resources": [asdict(thing) for thing in rehearsal.things],
        "outputs": dict(rehearsal.outputs),
    }


def _counted(types: Sequence[str]) -> list[str]:
    numbers = {kind: types.count(kind) for kind in dict.fromkeys(types)}
    return [kind if number == 1 else f"{number} {kind}" for kind, number in numbers.items()]
