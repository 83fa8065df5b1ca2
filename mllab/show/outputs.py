"""A lab's outputs as tables, and as the next commands to type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console

from mllab.show.words import value

COMMANDS: Final = (
    ("connect_command", "connect"),
    ("token_command", "the address to open"),
    ("start_command", "start"),
    ("stop_command", "stop"),
)
"""Outputs of a seat that are typed, in the order in which a person needs them."""


def show_outputs(console: Console, outputs: Mapping[str, Any]) -> None:
    """Print every output, by role; nothing is cut or folded, so that commands can be copied."""
    for role, values in outputs.items():
        console.print(role, style="bold", markup=False)
        for line in _lines(values, "  "):
            console.print(line, markup=False, soft_wrap=True)


def show_lab(console: Console, outputs: Mapping[str, Any]) -> None:
    """Print what a person needs of a lab: where data goes, how to connect, how to submit a job."""
    for heading, lines in _lab(outputs):
        console.print(heading, style="bold", markup=False)
        for line in lines:
            console.print(f"  {line}", markup=False, soft_wrap=True)


def _lab(outputs: Mapping[str, Any]) -> Sequence[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for seat, commands in (_part(outputs, "notebook", "seats") or {}).items():
        blocked = commands.get("unreachable")
        if blocked:
            found.append((f"{seat}: no way to it", [str(blocked)]))
        found.extend(
            (f"{seat}: {words}", [str(commands[key])])
            for key, words in COMMANDS
            if key in commands and not (blocked and key == "connect_command")
        )
    submit = _part(outputs, "cluster", "submit") or {}
    if "command" in submit:
        found.append(("submit a job", [str(submit["command"])]))
    for role, words in (("storage", "data"), ("registry", "container images")):
        if uri := _part(outputs, role, "uri"):
            found.append((words, [str(uri)]))
    if login := _part(outputs, "registry", "login_command"):
        found.append(("log in to the registry", [str(login)]))
    return found


def _part(outputs: Mapping[str, Any], role: str, key: str) -> Any:
    values = outputs.get(role)
    return values.get(key) if isinstance(values, Mapping) else None


def _lines(values: Any, indent: str, name: str = "") -> list[str]:
    label = f"{indent}{name}: " if name else indent
    if isinstance(values, Mapping) and values and not any(key.startswith("$") for key in values):
        head = [f"{indent}{name}"] if name else []
        deeper = indent + ("  " if name else "")
        return head + [
            line for key, inner in values.items() for line in _lines(inner, deeper, str(key))
        ]
    if isinstance(values, list) and any(isinstance(inner, Mapping) for inner in values):
        return [
            line
            for number, inner in enumerate(values)
            for line in _lines(inner, indent, f"{name}[{number}]")
        ]
    if isinstance(values, list):
        return [label + (", ".join(str(inner) for inner in values) or "none")]
    return [label + (values if isinstance(values, str) else value(values))]
