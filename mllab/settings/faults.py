"""What pydantic found, in words for a person: path, fault, value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mllab.settings.fields import nearest
from mllab.settings.lab import CLOUDS, OTHER_CLOUDS, SPELLED, Lab

_SHOWN: Final = 60  # characters of a value that are repeated


def read(exc: ValidationError) -> list[tuple[tuple[str | int, ...], str]]:
    """Path and text of every fault, each ending in the value that was got where there is one."""
    return [(tuple(error["loc"]), _text(error)) for error in exc.errors(include_url=False)]


def dotted(path: Iterable[str | int]) -> str:
    """`notebook.seats[2]`."""
    words = ""
    for step in path:
        words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else str(step)
    return words


def shown(value: Any) -> str:
    """A value as the file would have it, cut short; control characters are escaped."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str) else str(value)
    if isinstance(value, dict | list | tuple):
        text = "a mapping" if isinstance(value, dict) else "a list"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _text(error: ErrorDetails) -> str:
    path, value = error["loc"], error["input"]
    if error["type"] == "missing":
        return f"must be given: {_meaning(path)}"
    if error["type"] == "extra_forbidden":
        return _unknown(path)
    if error["type"] == "fault":
        words = error["msg"]
    elif error["type"] in ("model_type", "model_attributes_type", "dict_type"):
        words = "must be a section with settings in it, like {size: gpu-small}"
    else:
        words = error["msg"][:1].lower() + error["msg"][1:]
    return words if value is None else f"{words} (got {shown(value)})"


def _meaning(path: tuple[int | str, ...]) -> str:
    """The description of a field, or of a section by its docstring."""
    field = Lab.model_fields[str(path[0])]
    for step in path[1:]:
        assert field.annotation is not None
        field = field.annotation.model_fields[str(step)]
    text = field.description or (field.annotation.__doc__ if field.annotation else None) or ""
    return text.split(". ")[0].rstrip(".")


def _unknown(path: tuple[int | str, ...]) -> str:
    name = str(path[-1])
    if len(path) == 1 and name in OTHER_CLOUDS + CLOUDS:
        return f"is for labs on {SPELLED[name]} only; take it out"
    known = set(Lab.model_fields) - {"stack", "region"}
    if len(path) > 1:
        annotation = Lab.model_fields[str(path[0])].annotation
        assert annotation is not None
        known = set(annotation.model_fields)
    if "." in name and len(path) == 1:
        section, _, rest = name.partition(".")
        if section in known:
            return f"is not a setting; `pulumi config set` needs --path to reach {section}.{rest}"
    hint = nearest(name[:100], known)
    return (
        f"is not a setting{hint}"
        if hint
        else f"is not a setting; there are {', '.join(sorted(known))}"
    )
