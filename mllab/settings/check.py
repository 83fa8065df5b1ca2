"""Configuration values, as Pulumi knows them, to a checked lab."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from pydantic import ValidationError

from mllab.clouds.registry import CLOUDS, PLACES
from mllab.settings import faults, fields
from mllab.settings.clouds import OWN
from mllab.settings.faults import NAMESPACE, NO_SECTIONS, Fault
from mllab.settings.lab import Lab

SECTIONS: Final = tuple(name for name in Lab.model_fields if name not in NO_SECTIONS)
_EMPTY: Final = (None, "", "null")  # a section without anything in it, in the file and from Pulumi


def lab(
    stack: str, values: Mapping[str, Any], now: datetime | None
) -> tuple[Lab | None, list[Fault]]:
    """The lab that a stack's configuration describes, and all that is wrong with it.

    Args:
        stack: Pulumi's name of the stack.
        values: by full key (`mllab:lab`, `aws:region`); objects plain or as JSON text.
        now: refuse a lab that is over by then, where it is; None to take any.
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
        elif name in NO_SECTIONS:
            words = "is not a setting; the file's name is the stack's, and the region is aws:region"
            found.append(((key,), words))
        else:
            given[name] = _opened(value)
    about = given["lab"]
    said = about.get("cloud") if isinstance(about, dict) else None
    cloud = said if isinstance(said, str) else None
    found += [((f"{NAMESPACE}:{name}",), words) for name, words in _foreign(cloud, given)]
    found += _meaningless(cloud, given, values)
    if own := OWN.get(str(cloud)):
        notebook = given.get("notebook")
        managed = isinstance(notebook, Mapping) and notebook.get("kind") == "managed"
        tags = own.tag_faults(_opened(values.get(own.TAGS)), machines=not managed)
        found += [((own.TAGS, *path), words) for path, words in tags]
    given["stack"] = stack
    for name, key in places(cloud).items():
        if (value := values.get(key)) not in _EMPTY:
            given[name] = value
    if cloud in PLACES and "region" not in places(cloud):
        given["region"] = ""
    context = {"stack": stack, "cloud": cloud, "today": local_day(now, given.get("notebook"))}
    try:
        checked = Lab.model_validate(given, context=context)
    except ValidationError as exc:
        for path, words in faults.read(exc):
            hint = _elsewhere(path, cloud, values)
            if not hint or cloud in PLACES:  # with the cloud put right, the region may be, too
                found.append((_full(path, cloud), words + hint))
        return None, found
    return (None if found else checked), found


def local_day(now: datetime | None, notebook: Any) -> date | None:
    """The day of a moment in a lab's own time zone; in UTC while that is not known.

    Args:
        now: timezone-aware. notebook: the section as it was given, right or wrong.
    """
    zone = fields.zone(notebook.get("time_zone")) if isinstance(notebook, Mapping) else None
    return now.astimezone(zone or UTC).date() if now else None


def places(cloud: object) -> Mapping[str, str]:
    """Where a lab is: our names -> the provider's keys; none while the cloud is not known."""
    known = PLACES.get(str(cloud))
    return known.config_keys if known else {}


def region_key(cloud: object) -> str:
    """The key that a cloud's provider reads its region from; `region` while it is not known."""
    return places(cloud).get("region", "region")


def _foreign(cloud: str | None, given: dict[str, Any]) -> list[tuple[str, str]]:
    """Take out the sections of other clouds, and say so."""
    others = [name for name in PLACES if name in given and cloud in PLACES and name != cloud]
    for name in others:
        del given[name]
    return [(name, f"is for labs on {PLACES[name].title} only; take it out") for name in others]


def _meaningless(
    cloud: str | None, given: dict[str, Any], values: Mapping[str, Any]
) -> list[tuple[faults.Path, str]]:
    """What has no meaning where the lab is, each setting by its name."""
    known = PLACES.get(str(cloud))
    found: list[tuple[faults.Path, str]] = []
    if known is None:
        return found
    for setting, (value, why) in known.refused_settings.items():
        section, name = setting.split(".")
        holder = given.get(section)
        said = holder.get(name) if isinstance(holder, Mapping) else None
        if said is not None and value in (None, str(said).lower()):
            words = f"has no meaning on {known.title}: {why}; take it out"
            found.append(((f"{NAMESPACE}:{section}", name), words))
    if not known.config_keys:
        keys = {key: one.title for one in CLOUDS.values() for key in one.config_keys.values()}
        for key in keys.keys() & values.keys():
            words = f"has no meaning on {known.title}: it says where {keys[key]} looks; take it out"
            found.append(((key,), words))
    return found


def _full(path: faults.Path, cloud: str | None) -> faults.Path:
    """A path in a lab as one in a file, which begins with a full key."""
    first, rest = str(path[0]), path[1:]
    if first == "stack":
        return ("stack",)
    if first == "region" and not places(cloud):
        return (" or ".join(known.config_keys[first] for known in CLOUDS.values()),)
    return (places(cloud).get(first, f"{NAMESPACE}:{first}"), *rest)


def _elsewhere(path: faults.Path, cloud: str | None, values: Mapping[str, Any]) -> str:
    """A missing region may stand under the key of another cloud."""
    if path != ("region",) or region_key(cloud) in values:
        return ""
    others = [
        (name, region_key(name)) for name in CLOUDS if values.get(region_key(name)) not in _EMPTY
    ]
    return "".join(f"; {key} is where {CLOUDS[name].title} looks" for name, key in others[:1])


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
