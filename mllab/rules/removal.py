"""Rules of every cloud about the end of a lab: all of it can be found and removed, and data goes
only when it is named. No scanner has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from components.resource_types import HOLDS_DATA, ROWS
from mllab.engines.contract import Resource
from mllab.rules import clouds, refused
from mllab.rules.clouds import FACTS
from mllab.rules.finding import EVERY, Break, Graph
from mllab.rules.paths import GONE, at, one
from mllab.rules.values import rule

_KEYS: Final = ("lab", "stack", "owner", "role", "managed-by")
_TAGGED: Final = ("tags", "labels", "userLabels")
_EXAMPLE: Final = {"tags": dict.fromkeys((*_KEYS, "expires"), "x")}
_BUCKETS: Final = (*(of for each in FACTS for of in each.buckets), clouds.FOLDER)
_IMAGES: Final = tuple(of for each in FACTS for of in each.images)
_KEPT: Final = tuple(each for each in HOLDS_DATA if each not in (*_BUCKETS, *_IMAGES))
"""Images are made again from their source; a bucket refuses to go while something is in it."""

UNTAGGED: Final = frozenset(
    Path(__file__).with_name("untagged.csv").read_text(encoding="utf-8").split()[1:]
)
"""Types that take no tags; a test compares them with the SDKs."""

_LOCKS: Final = {path: of for each in FACTS for path, of in each.locks.items()}
_NAMES: Final = {of: path for each in FACTS for of, path in each.names.items()}
_SUFFIX: Final = re.compile(r"[a-z0-9]{7,}$")
"""What Pulumi and components/names.py append."""


def _tagged(resource: Resource, graph: Graph) -> Iterable[str]:
    if resource.type in UNTAGGED | clouds.UNTAGGED or resource.type in refused.TYPES:
        return
    wanted = (*_KEYS, "expires") if graph.lab.lab.ends else _KEYS
    names = [each for each in _TAGGED if one(resource.inputs, each) is not GONE]
    found = {key for each in names for key in one(resource.inputs, each)}
    if missing := [key for key in wanted if key not in found]:
        yield f"lacks the tags {', '.join(missing)}"


def _known(resource: Resource, _: Graph) -> Iterable[str]:
    row = ROWS.get(resource.type)
    if resource.type not in refused.TYPES and not (row and row.meter):
        yield "nobody knows what it costs, nor how it is found in an account"


def _protected(resource: Resource, graph: Graph) -> Iterable[str]:
    if graph.lab.storage.keep and not resource.options.get("protect"):
        yield f"holds data ({HOLDS_DATA[resource.type]}), and nothing protects it"


def _bucket_kept(resource: Resource, graph: Graph) -> Iterable[str]:
    keep = graph.lab.storage.keep
    if one(resource.inputs, "forceDestroy") is not (not keep):
        yield f"force_destroy must be {str(not keep).lower()}, storage.keep is {str(keep).lower()}"


def _unlocked(resource: Resource, graph: Graph) -> Iterable[str]:
    if graph.lab.lab.profile == "course":
        for path in _LOCKS:
            if next(at(resource.inputs, path)) is True:
                yield f"{path} is true"


def _not_left(resource: Resource, _: Graph) -> Iterable[str]:
    if resource.options.get("retainOnDelete"):
        yield "retain_on_delete leaves it in the account"


def _own_name(resource: Resource, _: Graph) -> Iterable[str]:
    name = one(resource.inputs, _NAMES[resource.type])
    if name is not GONE and not _SUFFIX.search(str(name)):
        yield f"is called {name}, as another lab may be"


RULES: Final = (
    rule("removable-tagged", EVERY, _tagged, "nobody can tell whose it is, nor until when",
         fix="give it the tags of components/tags.py",
         wrong=[Break({path: GONE}, of) for each in FACTS for path, of in (
             (f"{each.tags}.owner", next(iter(each.machines))),
             (f"{each.tags}.expires", each.images[0]), (each.tags, each.images[0]))]),
    rule("removable-known", EVERY, _known,
         "a sum that leaves it out is too small, and what is left of it is not found",
         fix="give its type a row with a meter in components/<cloud>/types.csv",
         wrong=[Break(_EXAMPLE, "aws:qldb/ledger:Ledger")]),
    rule("data-protected", _KEPT, _protected, "a changed setting deletes it unasked",
         fix="set protect by storage.keep", setting="storage.keep",
         wrong=[Break({"options:protect": False}, each) for each in _KEPT]),
    rule("data-bucket-kept", _BUCKETS, _bucket_kept,
         "objects go without a word, or stop the lab's removal",
         fix="set force_destroy to what storage.keep is not", setting="storage.keep",
         wrong=[Break({"forceDestroy": True}, each) for each in _BUCKETS]),
    rule("removable-unlocked", EVERY, _unlocked, "`mllab down` cannot remove it",
         fix="set it to false: Pulumi's own protection asks before data goes",
         wrong=[Break({path: True}, of) for path, of in _LOCKS.items()]),
    rule("removable-not-left", EVERY, _not_left, "it is billed after `mllab down`",
         fix="take retain_on_delete away",
         wrong=[Break({"options:retainOnDelete": True}, each) for each in _BUCKETS]),
    rule("removable-own-name", tuple(_NAMES), _own_name,
         "two labs cannot be there at once, nor one be made again",
         fix="leave the name to Pulumi, or to components/names.py",
         wrong=[Break({path: "my-data"}, of) for of, path in _NAMES.items()]),
)  # fmt: skip
