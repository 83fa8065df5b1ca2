"""A stack file for another cloud: the same lab, and what of it does not carry over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from components import catalog, regions
from mllab.clouds.registry import CLOUDS
from mllab.errors import UsageError
from mllab.settings import check, document, examples, files
from mllab.settings.faults import NAMESPACE, spoken
from mllab.settings.lab import Lab
from mllab.stackfiles import new


@dataclass(frozen=True)
class Ported:
    """A stack file for another cloud.

    Args:
        text: of the file.
        left: what did not carry over or must be looked at, one line each: `key: what and why`.
    """

    text: str
    left: tuple[str, ...]


def write(
    root: Path, stack: str, source: str, cloud: str, region: str | None, now: datetime
) -> tuple[Path, Ported]:
    """Write `stacks/Pulumi.<stack>.yaml` from the file of another stack.

    Args:
        source: name of that stack. cloud, region: see port. now: to name a last day that is past.
    Returns:
        Where the new file is, and what it holds.
    Raises:
        SettingsError: the source describes no lab.
        UsageError: there is no such stack, its lab cannot be in that cloud or region, or the new
            file exists or cannot be written.
    """
    where, path = files.file_of(root, stack), files.find(root, source)
    lab = files.load(path)
    ported = port(path.read_bytes(), lab, stack, cloud, region, now)
    new.create(root, where, ported.text)
    return where, ported


def port(raw: bytes, lab: Lab, stack: str, cloud: str, region: str | None, now: datetime) -> Ported:
    """The same lab on another cloud; comments and values stay, line by line.

    Args:
        raw: the stack file. lab: what it describes. stack: name of the new one.
        cloud: where the lab shall be. region: of that cloud; None for the one in the same place.
        now: to name a last day that is past.
    Raises:
        UsageError: the lab is on that cloud already, there is no such cloud or region, or no
            region of it is in the same place.
    """
    if cloud not in CLOUDS or cloud == lab.lab.cloud:
        others = " or ".join(name for name in CLOUDS if name != lab.lab.cloud)
        raise UsageError(f"{lab.stack} is on {lab.lab.cloud}; it can be brought to {others}")
    here = _region(lab, cloud, region)
    key = CLOUDS[cloud].config_keys["region"]
    left = [f"{key}: {here} instead of {lab.region}; prices and stock differ"]
    text = "".join(_lines(raw, lab, stack, cloud, here, left))
    if (switch := examples.FILES_SWITCHES.get(cloud)) and lab.storage.files:
        left.append(f"{switch}: true, since a shared drive costs about 25 USD a month there")
    _, found = check.lab(stack, document.parse(text.encode()).data["config"], now)
    left += [f"{spoken(path)}: {words}" for path, words in found]
    left += [f"{key}: an example; put your own there" for key in examples.left_in_text(text)]
    left.append("data: objects, files, home disks and images stay in the old lab")
    return Ported(text, tuple(left))


def _region(lab: Lab, cloud: str, region: str | None) -> str:
    """The region that was asked for, or the one in the same place: data shall not move unasked."""
    if region is not None:
        try:
            return regions.check(cloud, region)
        except regions.UnknownRegion as error:
            raise UsageError(f"{region}: {error}") from error
    place = regions.of(lab.lab.cloud)[lab.region].removeprefix("Northern ")
    for name, there in regions.of(cloud).items():
        if there.removeprefix("Northern ") == place:
            return name
    known = ", ".join(f"{name} ({there})" for name, there in regions.of(cloud).items())
    raise UsageError(
        f"{CLOUDS[cloud].title} has no region in {place}, where {lab.region} is; there are {known}",
        cure="Say which with --region NAME: the lab's data would be in another place.",
    )


def _lines(
    raw: bytes, lab: Lab, stack: str, cloud: str, region: str, left: list[str]
) -> Iterator[str]:
    """The lines of the new file; `left` gets what they do not hold."""
    old = lab.lab.cloud
    held = document.parse(raw)
    values: dict[str, Any] = held.data["config"]
    for key, lines in _blocks(raw.decode(), held):
        name = key.removeprefix("config ")
        text = _called(lines, lab.stack, stack)
        if name == CLOUDS[old].config_keys["region"]:
            yield re.sub(
                _valued(name),
                rf"\g<1>{CLOUDS[cloud].config_keys['region']}: {region}",
                text,
                count=1,
            )
            yield examples.place(cloud)
        elif why := _not_carried(key, values, old):
            left.append(f"{spoken((name,))}: {why}")
        elif name == f"{NAMESPACE}:lab":
            yield _set(text, "cloud", old, cloud)
        elif name in (f"{NAMESPACE}:notebook", f"{NAMESPACE}:cluster"):
            yield _sized(text, lab, name.partition(":")[2], cloud, left)
        else:
            yield text if text.endswith("\n") else f"{text}\n"
    yield examples.own_section(cloud, lab)


def _blocks(text: str, held: document.Document) -> Iterator[tuple[str, str]]:
    """Every key with its lines and the comments above it; keys of the configuration as
    `config <key>`, and `config` is all up to the first of them."""
    begins = {held.lines[key,]: key for key in held.data}
    inner = {held.lines["config", key]: f"config {key}" for key in held.data["config"]}
    if len(inner) < len(held.data["config"]) or inner.keys() & begins.keys():
        raise UsageError(
            "only a file with a line for each section can be brought to another cloud, since its"
            " lines are kept"
        )
    begins |= inner
    name, lines, above = "config", "", ""
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        if number in begins and begins[number] != "config":
            yield name, lines
            name, lines, above = begins[number], above + line, ""
        elif not line.strip() or line.lstrip().startswith("#"):
            above += line  # it belongs to what comes next
        else:
            lines, above = lines + above + line, ""
    yield name, lines + above


def _not_carried(key: str, values: Mapping[str, Any], old: str) -> str:
    """Why something of the old file is not in the new one; empty if it is."""
    if key == "config":
        return ""
    name = key.removeprefix("config ")
    if name == key:
        return "is Pulumi's own, and belongs to the old stack"
    providers = {place.partition(":")[0] for place in CLOUDS[old].config_keys.values()}
    if name == f"{NAMESPACE}:{old}" or name.partition(":")[0] in providers:
        return f"is for labs on {CLOUDS[old].title} only"
    if check.holds_secret(values[name]):
        return "is encrypted for the old stack; set it again"
    return ""


def _sized(text: str, lab: Lab, section: str, cloud: str, left: list[str]) -> str:
    """A section with a machine type of the other cloud, where it names one of the old."""
    use = lab.notebook.kind if section == "notebook" else "job"
    size = lab.notebook.size if section == "notebook" else lab.cluster.size
    if size in catalog.SIZES:
        return text
    near = catalog.nearest(cloud, catalog.machine(lab.lab.cloud, size, use), use)
    left.append(
        f"{section}.size: {near}, which comes nearest to {size} of {CLOUDS[lab.lab.cloud].title}"
    )
    return _set(text, "size", size, near)


def _set(text: str, key: str, old: str, new: str) -> str:
    """Another value for a key, however it is written."""
    pattern = rf"""((?:^|[\s{{,"']){key}["']?\s*:\s*["']?){re.escape(old)}"""
    return re.sub(pattern, rf"\g<1>{new}", text, count=1)


def _valued(key: str) -> str:
    """A key with its value; the group is what is before it."""
    return rf"""(?m)^(\s*)["']?{re.escape(key)}["']?\s*:\s*("[^"]*"|'[^']*'|[^\s#]+)"""


def _called(text: str, old: str, new: str) -> str:
    """Comments that name the stack in a command name the new one."""
    return re.sub(
        rf"((?:mllab [a-z]+|pulumi up -s)\s+){re.escape(old)}(?=[\s`.]|$)", rf"\g<1>{new}", text
    )
