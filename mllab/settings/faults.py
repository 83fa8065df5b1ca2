"""What pydantic found, in words for a person."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mllab.settings.fields import Choice, nearest
from mllab.settings.lab import Lab

Path = tuple[str | int, ...]
Fault = tuple[Path, str]
"""Where, and what is wrong there."""

NAMESPACE: Final = "mllab"
NO_SECTIONS: Final = frozenset({"stack", "region", "project", "zone"})
"""What a lab has besides the sections of its file."""
_SHOWN: Final = 60  # characters of a value that are repeated
_NOT_A_SECTION: Final = "must be a section with settings in it, like {size: gpu-small}"


def read(exc: ValidationError) -> list[Fault]:
    """Path and words of every fault, each ending in the value that was got, where there is one."""
    return [(_path(error), _words(error)) for error in exc.errors(include_url=False)]


def _path(error: ErrorDetails) -> Path:
    """Where a fault is: the place that was looked at, and the setting in it that is meant."""
    meant = error.get("ctx", {}).get("at")
    return (*error["loc"], meant) if meant else tuple(error["loc"])


def dotted(path: Iterable[str | int]) -> str:
    """`notebook.seats[2]`; a key that cannot be printed is escaped, a long one is cut."""
    words = ""
    for step in path:
        key = step if isinstance(step, int) or step.isprintable() else repr(step)[1:-1]
        words += f"[{key}]" if isinstance(key, int) else f".{_cut(key)}" if words else _cut(key)
    return words


def spoken(path: Path) -> str:
    """`notebook.size` for a path that begins with `mllab:notebook`; other keys as they are."""
    return dotted(path).removeprefix(f"{NAMESPACE}:")


def shown(value: Any) -> str:
    """A value as a file would have it, cut short; control characters are escaped."""
    if isinstance(value, str):
        return repr(_cut(value))
    if isinstance(value, bool | list | tuple | None):
        words = json.dumps(value, default=str)
    else:
        words = "a section" if isinstance(value, dict) else str(value)
    return _cut(words)


def _cut(words: str) -> str:
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}..."


def _words(error: ErrorDetails) -> str:
    path, value = error["loc"], error["input"]
    if error["type"] == "missing":
        return f"must be given: {_meaning(path)}"
    if error["type"] == "extra_forbidden":
        return _unknown(path)
    if error["type"] == "absent":
        return error["msg"]
    words = error["msg"] if error["type"] == "fault" else _NOT_A_SECTION
    return f"{words} (got {shown(value)})"


def _model(path: Path) -> type[BaseModel]:
    """The section of a path, or the whole lab."""
    model: Any = Lab.model_fields[str(path[0])].annotation if path else Lab
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return model


def _meaning(path: Path) -> str:
    """The first sentence of a setting's description, and the words that it may be."""
    field = _model(path[:-1]).model_fields[str(path[-1])]
    words = (field.description or "").split(". ")[0]
    checks = [getattr(each, "func", None) for each in field.metadata]
    listed = [f" ({check.listed})" for check in checks if isinstance(check, Choice)]
    return words[:1].lower() + words[1:].rstrip(".") + "".join(listed)


def _unknown(path: Path) -> str:
    name = str(path[-1])
    known = sorted(set(_model(path[:-1]).model_fields) - NO_SECTIONS)
    section, _, rest = name.partition(".")
    if len(path) == 1 and rest and section in known:
        return f"is not a setting; `pulumi config set` needs --path to reach {name[:100]}"
    return "is not a setting" + (nearest(name, known) or f"; there are {', '.join(known)}")
