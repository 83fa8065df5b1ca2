"""Configuration values, as Pulumi knows them, to a checked lab."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from mllab.settings import faults
from mllab.settings.faults import NAMESPACE, Fault
from mllab.settings.lab import Lab

SECTIONS: Final = tuple(name for name in Lab.model_fields if name not in ("stack", "region"))
_REGION_KEYS: Final = {"aws": "aws:region"}
_EMPTY: Final = (None, "", "null")  # a section without anything in it, in the file and from Pulumi


def lab(
    stack: str, values: Mapping[str, Any], today: date | None
) -> tuple[Lab | None, list[Fault]]:
    """The lab that a stack's configuration describes, and all that is wrong with it.

    Args:
        stack: Pulumi's name of the stack.
        values: by full key (`mllab:lab`, `aws:region`); objects plain or as JSON text.
        today: refuse a lab that is over by then; None to take any.
    Returns:
        The lab, or None with at least one fault. Paths of faults begin with a full key.
    """
    found: list[Fault] = []
    given: dict[str, Any] = {"lab": {}, "budget": {}}
    for key, value in values.items():
        namespace, _, name = key.partition(":")
        if namespace != NAMESPACE or value in _EMPTY:
            continue
        if holds_secret(value):
            words = "must not be secret: no setting is, and Pulumi would hide the whole section"
            found.append(((key,), words))
        elif name in ("stack", "region"):
            words = "is not a setting; the file's name is the stack's, and the region is aws:region"
            found.append(((key,), words))
        else:
            given[name] = _opened(value)
    about = given["lab"]
    cloud = about.get("cloud") if isinstance(about, dict) else None
    given["stack"] = stack
    if (region := values.get(region_key(cloud))) not in _EMPTY:
        given["region"] = region
    context = {"stack": stack, "cloud": cloud, "today": today}
    try:
        checked = Lab.model_validate(given, context=context)
    except ValidationError as exc:
        for path, words in faults.read(exc):
            key = region_key(cloud) if path[0] == "region" else f"{NAMESPACE}:{path[0]}"
            found.append((("stack",) if path[0] == "stack" else (key, *path[1:]), words))
        return None, found
    return (None if found else checked), found


def region_key(cloud: object) -> str:
    """The key that a cloud's provider reads its region from; AWS's while the cloud is not known."""
    return _REGION_KEYS.get(cloud, "aws:region") if isinstance(cloud, str) else "aws:region"


def holds_secret(value: Any) -> bool:
    """Whether a value is or contains one that Pulumi encrypted (`secure: v1:...`)."""
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(holds_secret(inner) for inner in value.values())
    return isinstance(value, list) and any(holds_secret(inner) for inner in value)


def _opened(value: Any) -> Any:
    """Objects may come as JSON text: from Pulumi always, from a file after `pulumi config set`."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_constant=str)
    except (ValueError, RecursionError):
        return value
