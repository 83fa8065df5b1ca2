"""A lab's outputs as tables, and as the next commands to type."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console

from mllab.lifecycle import local_port
from mllab.show.words import value

_ADDRESS: Final = "the address to open"


def shell(command: Mapping[str, Any]) -> str:
    """A command of the outputs as a person types it in a POSIX shell; empty where there is none."""
    text = shlex.join(local_port.put(word) for word in command["argv"])
    if stdin := command.get("stdin"):
        return f"printf %s {shlex.quote(stdin)} | {text}"
    return text


def show_outputs(console: Console, outputs: Mapping[str, Any]) -> None:
    """Print every output, by role; nothing is cut or folded, so that commands can be copied."""
    for role, values in outputs.items():
        console.print(role, style="bold", markup=False)
        for line in _lines(values, "  "):
            console.print(local_port.put(line), markup=False, soft_wrap=True)


def show_lab(console: Console, outputs: Mapping[str, Any]) -> None:
    """Print what a person needs of a lab: where data goes, how to connect, how to submit a job."""
    for heading, lines in _lab(outputs):
        console.print(heading, style="bold", markup=False)
        for line in lines:
            console.print(f"  {line}", markup=False, soft_wrap=True)


def _lab(outputs: Mapping[str, Any]) -> Sequence[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for seat, commands in (_part(outputs, "notebook", "seats") or {}).items():
        found.extend((f"{seat}: {words}", [text]) for words, text in _seat(commands))
    if submit := _part(outputs, "cluster", "submit"):
        found.append(("submit a job", [shell(submit)]))
    for role, words in (("storage", "data"), ("registry", "container images")):
        if uri := _part(outputs, role, "uri"):
            found.append((words, [str(uri)]))
    if login := _part(outputs, "registry", "login_command"):
        found.append(("log in to the registry", [str(login)]))
    return found


def _seat(seat: Mapping[str, Any]) -> list[tuple[str, str]]:
    connect = seat["connect"]
    words = {"tunnel": "connect", "url": _ADDRESS, "none": "no way to it"}
    found = [(words[connect["kind"]], shell(connect) or connect["reason"])]
    address = local_port.put(connect["url"]) or shell(seat["token"])
    if address and connect["kind"] != "url":  # that one is told already
        found.append((_ADDRESS, address))
    return [*found, *((verb, shell(seat[verb])) for verb in ("start", "stop"))]


def _part(outputs: Mapping[str, Any], role: str, key: str) -> Any:
    values = outputs.get(role)
    return values.get(key) if isinstance(values, Mapping) else None


def _lines(values: Any, indent: str, name: str = "") -> list[str]:
    label = f"{indent}{name}: " if name else indent
    if isinstance(values, Mapping) and "argv" in values:
        others = {key: inner for key, inner in values.items() if key not in ("argv", "stdin")}
        told = {key: inner for key, inner in others.items() if inner != ""}
        command = shell(values) or "none"
        values = {**told, "command": command} if told else command
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
