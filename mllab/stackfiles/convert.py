"""A stack file from another one: the same lab elsewhere or later, and what does not carry over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from components import catalog, regions
from mllab.clouds import registry
from mllab.clouds.registry import CLOUDS, PLACES
from mllab.errors import UsageError
from mllab.settings import check, document, files
from mllab.settings.clouds import OWN
from mllab.settings.faults import NAMESPACE, spoken
from mllab.settings.lab import Lab
from mllab.stackfiles import new

Edit = tuple[int, int, str]
"""`text[begin:end]` becomes these words."""


@dataclass(frozen=True)
class Converted:
    """A stack file made from another.

    Args:
        text: of the file.
        left: what did not carry over or must be looked at, one line each: `key: what and why`.
    """

    text: str
    left: tuple[str, ...]


def write(
    root: Path, stack: str, source: str, cloud: str | None, region: str | None, now: datetime
) -> tuple[Path, Converted]:
    """Write `stacks/Pulumi.<stack>.yaml` from the file of another stack.

    Args:
        source: name of that stack. cloud: None for the one that it is in. region, now: as below.
    Returns:
        Where the new file is, and what it holds.
    Raises:
        SettingsError: the source describes no lab.
        UsageError: there is no such stack, its lab cannot be in that cloud or region, or the new
            file exists or cannot be written.
    """
    where, path = files.file_of(root, stack), files.find(root, source)
    lab = files.load(path)
    there = registry.called(cloud) if cloud else lab.lab.cloud
    converted = convert(path.read_bytes(), lab, stack, there, region, now)
    new.create(root, where, converted.text)
    return where, converted


def convert(
    raw: bytes, lab: Lab, stack: str, cloud: str, region: str | None, now: datetime
) -> Converted:
    """The same lab in another cloud, or in the same one again; comments and values stay.

    The YAML library says where each value stands, and only those are exchanged. A document that is
    read and written anew would lose `null`, the width of indents and the place of comments.

    Args:
        raw: the stack file. lab: what it describes. stack: name of the new one.
        cloud: where the lab shall be. region: of that cloud; None for the one in the same place.
        now: to name a last day that is past.
    Raises:
        UsageError: there is no such cloud or region, or no region of it is in the same place.
    """
    moves = registry.of(cloud).name != lab.lab.cloud
    here, own = _region(lab, cloud, region), OWN[cloud]
    held, text = document.parse(raw), raw.decode()
    left, made = [], ""
    key = PLACES[cloud].config_keys.get("region", "")
    if key and not lab.region and region is None:
        left.append(f"{key}: {here}, unless --region names another")
    elif key and lab.region and here != lab.region:
        left.append(f"{key}: {here} instead of {lab.region}; prices and stock differ")
    edits = [*_edits(held, text, lab, cloud, here, left), *_commands(held, text, lab.stack, stack)]
    for path, begin, end in _blocks(held, text):
        if why := _not_carried(path, held.data["config"], lab.lab.cloud, moves, key):
            left.append(f"{spoken(path[-1:])}: {why}")
            continue
        made += _spliced(text, begin, end, edits)
        made += "" if made.endswith("\n") else "\n"
        if moves and path == ("config", *_region_keys(lab)):
            made += own.PLACE if lab.region else f"  {key}: {here}\n{own.PLACE}"
    if moves:
        made += own.example(lab.notebook.kind, files=lab.storage.files)
        if (switch := own.FILES_SWITCH) and lab.storage.files:
            left.append(f"{switch}: true, since a shared drive costs about 25 USD a month there")
    _, found = check.lab(stack, document.parse(made.encode()).data["config"], now)
    left += [f"{spoken(path)}: {words}" for path, words in found]
    shown = [key for key, word in own.EXAMPLES.items() if word in made]
    left += [f"{key}: an example; put your own there" for key in shown]
    left.append("data: objects, files, home disks and images stay in the old lab")
    return Converted(made, tuple(left))


def _region(lab: Lab, cloud: str, region: str | None) -> str:
    """The region that was asked for, or the one in the same place: data shall not move unasked."""
    if PLACES[cloud].here:
        if region is not None:
            raise UsageError(f"--region {region}: a lab on this machine is in none; leave it out")
        return ""
    if region is not None:
        try:
            return regions.check(cloud, regions.called(cloud, region))
        except regions.UnknownRegion as error:
            raise UsageError(f"{region}: {error}") from error
    if cloud == lab.lab.cloud:
        return lab.region
    if not lab.region:
        return regions.example(cloud)
    place = regions.of(lab.lab.cloud)[lab.region].removeprefix("Northern ")
    for name, there in regions.of(cloud).items():
        if there.removeprefix("Northern ") == place:
            return name
    known = ", ".join(f"{name} ({there})" for name, there in regions.of(cloud).items())
    raise UsageError(
        f"{CLOUDS[cloud].title} has no region in {place}, where {lab.region} is; there are {known}",
        hint="Say which with --region NAME: the lab's data would be in another place.",
    )


def _edits(
    held: document.Document, text: str, lab: Lab, cloud: str, region: str, left: list[str]
) -> Iterator[Edit]:
    """Other values for what says where the lab is; `left` gets what is not the same."""
    for old in _region_keys(lab):
        yield _edit(held, text, ("config", old), region)
    if cloud == lab.lab.cloud:
        return
    for old in _region_keys(lab):
        begin, end = held.keys["config", old]
        yield begin, end, _styled(text[begin:end], PLACES[cloud].config_keys.get("region", old))
    yield from _meaningless(held, text, cloud, left)
    yield _edit(held, text, ("config", f"{NAMESPACE}:lab", "cloud"), cloud)
    for section, size, use in (
        ("notebook", lab.notebook.size, lab.notebook.kind),
        ("cluster", lab.cluster.size, "job"),
    ):
        if size not in catalog.SIZES:
            near = catalog.nearest(cloud, catalog.machine(lab.lab.cloud, size, use), use)
            title = PLACES[lab.lab.cloud].title
            left.append(f"{section}.size: {near}, which comes nearest to {size} of {title}")
            yield _edit(held, text, ("config", f"{NAMESPACE}:{section}", "size"), near)


def _meaningless(held: document.Document, text: str, cloud: str, left: list[str]) -> Iterator[Edit]:
    """No line for what has no meaning there; what shares a line with others is only told."""
    values = held.data["config"]
    about = values.get(f"{NAMESPACE}:lab")
    moved = {**(about if isinstance(about, Mapping) else {}), "cloud": cloud}
    _, faults = check.lab("x", {**values, f"{NAMESPACE}:lab": moved}, None)
    for section, name in (setting.split(".") for setting in PLACES[cloud].refused_settings):
        path = ("config", f"{NAMESPACE}:{section}", name)
        refused = any(at == path[1:] for at, _ in faults)
        if refused and path in held.keys:
            begin = text.rfind("\n", 0, held.keys[path][0]) + 1
            end = text.find("\n", held.values[path][1]) + 1 or len(text)
            if text[begin : held.keys[path][0]].strip() == "":
                left.append(f"{section}.{name}: has no meaning there")
                yield begin, end, ""


def _region_keys(lab: Lab) -> tuple[str, ...]:
    """The key of a lab's region; none for one that is in no region."""
    return tuple(key for name, key in PLACES[lab.lab.cloud].config_keys.items() if name == "region")


def _edit(held: document.Document, text: str, path: document.Path, value: str) -> Edit:
    """Another value for a setting, also where Pulumi wrote its section as JSON text."""
    if path not in held.values:
        *above, key = path
        path, section = tuple(above), json.loads(held.data["config"][above[-1]])
        value = json.dumps({**section, key: value}, separators=(",", ":"), ensure_ascii=False)
    begin, end = held.values[path]
    return begin, end, _styled(text[begin:end], value)


def _styled(old: str, value: str) -> str:
    """A value in the quotes of the old one; names of regions and machines need none."""
    if old.startswith('"'):
        return json.dumps(value, ensure_ascii=False)
    if old.startswith(("'", "|", ">")):  # a block of lines ends with the line
        return "'" + value.replace("'", "''") + ("'" if old.startswith("'") else "'\n")
    return value


def _commands(held: document.Document, text: str, old: str, new: str) -> Iterator[Edit]:
    """Comments that name the stack in a command name the new one."""
    spans = [*held.keys.values(), *held.values.values()]
    for found in re.finditer(
        rf"(?:mllab [a-z]+|pulumi up -s)\s+({re.escape(old)})(?=[\s`.]|$)", text
    ):
        if not any(begin < found.end() and found.start() < end for begin, end in spans):
            yield *found.span(1), new


def _blocks(held: document.Document, text: str) -> Iterator[tuple[document.Path, int, int]]:
    """Every key with its lines and the comments above it, as `text[begin:end]`; keys of the
    configuration as (`config`, key), and (`config`,) is all up to the first of them."""
    paths = [path for path in held.keys if path[0] != "config" or len(path) == 2]
    begins = {text.rfind("\n", 0, held.keys[path][0]) + 1: path for path in paths}
    if len(begins) < len(paths) or text.rfind("\n", 0, held.keys["config",][0]) + 1 in begins:
        raise UsageError(
            "only a file with a line for each section can be brought to another cloud, since its"
            " lines are kept"
        )
    path: document.Path = ("config",)
    begin, at, above = 0, 0, -1
    for line in text.splitlines(keepends=True):
        if at in begins:
            end = at if above < 0 else above
            yield path, begin, end
            path, begin, above = begins[at], end, -1
        elif line.strip() and not line.lstrip().startswith("#"):
            above = -1
        elif above < 0:
            above = at  # it belongs to what comes next
        at += len(line)
    yield path, begin, len(text)


def _spliced(text: str, begin: int, end: int, edits: Iterable[Edit]) -> str:
    """`text[begin:end]` with the edits in it."""
    made, at = "", begin
    for first, last, words in sorted(edits):
        if begin <= first and last <= end:
            made, at = made + text[at:first] + words, last
    return made + text[at:end]


def _not_carried(
    path: document.Path, values: Mapping[str, Any], old: str, moves: bool, new: str
) -> str:
    """Why something of the old file is not in the new one; empty if it is."""
    if path == ("config",):
        return ""
    if path[0] != "config":
        return "is Pulumi's own, and belongs to the old stack"
    name = str(path[-1])
    if check.holds_secret(values[name]):
        return "is encrypted for the old stack; set it again"
    keys = PLACES[old].config_keys
    providers = {place.partition(":")[0] for place in keys.values()}
    own = name == f"{NAMESPACE}:{old}" or name.partition(":")[0] in providers
    kept = new and name == keys.get("region")
    return f"is for labs on {PLACES[old].title} only" if moves and own and not kept else ""
