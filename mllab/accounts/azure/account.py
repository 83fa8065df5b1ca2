"""Looks into an Azure subscription: what an interrupted create made, all that a stack has there.

Everything of a lab lies in one resource group. Whatever is in it belongs to the lab, also what
carries no tags because a service or a person made it. So its inventory is one list, and needs no
module as in the folders of the other clouds.

Deleted is not gone at once: Azure keeps a key vault for 7 days, the workspace of the logs for 14.
Both are reported as `soft-deleted` where their tags name the stack, and do not count as left over:
they cost nothing, to purge them takes a right that few have, and as names are generated anew with
each lab they are in nobody's way. A deleted Azure ML workspace (14 days, free) is not reported,
since no list shows it.
Source: https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview,
    https://learn.microsoft.com/azure/azure-monitor/logs/delete-workspace,
    https://learn.microsoft.com/azure/machine-learning/concept-soft-delete,
    https://github.com/Azure/azure-cli/issues/33756
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from components.tags import MANAGED_BY
from mllab.accounts.azure import capacity
from mllab.accounts.azure.client import Client
from mllab.accounts.azure.imports import DELETED, GROUP, IMPORT_QUERIES, TYPES
from mllab.accounts.contract import (
    SOFT_DELETED,
    Entry,
    Grant,
    InventoryItem,
    Offer,
    Placement,
)
from mllab.accounts.responses import (
    QueryFailed,
    filled,
    items,
    not_all,
    state_of,
    texts,
    the_one,
    unclear,
)
from mllab.errors import LabError, StillThere

_DELETING: Final = "deleting"
_MACHINE: Final = "azure-native:compute:VirtualMachine"
_DISK: Final = "azure-native:compute:Disk"
_AT_ONCE: Final = 8  # `az` takes a second or two to start

Question = Callable[[], list[InventoryItem]]


class AzureAccount:
    """The subscription that the engine works in, asked by `az` and its login.

    Args:
        config: Pulumi configuration of the stack.
    """

    def __init__(self, config: Mapping[str, str]) -> None:
        self._calls, self._location = Client(config), config.get("azure-native:location", "")

    def find(self, entry: Entry, known: Collection[str]) -> str | None:
        """See `Account.find`. Settings that are there by default are found, too: the provider
        refuses to make what exists, and takes over what it is told of."""
        query = IMPORT_QUERIES.get(entry["type"])
        if query is None:
            raise self._unclear(entry, "mllab does not know how such a thing is found")

        def ids() -> set[str]:
            given = {**texts(entry.get("inputs") or {}), "subscription": self._calls.subscription}
            id = str(filled(query.id, given))
            if id.lower() in {each.lower() for each in known}:
                return set()
            found = self._calls.get(id, query.version)
            gone = found is None or state_of(found, "properties.provisioningState") == _DELETING
            return set() if gone else {id}

        return the_one(ids, lambda why: self._unclear(entry, why))

    def allocated(self, id: str) -> bool | None:
        """See `Account.allocated`.

        Source: https://learn.microsoft.com/azure/virtual-machines/states-billing,
            https://learn.microsoft.com/rest/api/compute/disks/get: diskState
        """
        version = IMPORT_QUERIES[_MACHINE].version
        try:
            if "/disks/" in id:
                disk = self._calls.get(id, IMPORT_QUERIES[_DISK].version)
                state = state_of(disk, "properties.diskState") if disk else None
                return state == "attached" if state else None  # `Reserved`: it is deallocated
            view = self._calls.get(f"{id}/instanceView", version)
        except (QueryFailed, LabError):
            return None
        states = [str(code) for code in items(view, "statuses.code")]
        power = [code for code in states if code.startswith("PowerState/")]
        return power != ["PowerState/deallocated"] if power else None

    def inventory(self, stack: str) -> list[InventoryItem]:
        """See `Account.inventory`."""
        found: dict[tuple[str, str], InventoryItem] = {}
        refusals: list[str] = []
        _ = self._calls.subscription  # before several ask for it at once

        def ask(questions: list[Question]) -> None:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                for told, why in pool.map(_answer, questions):
                    found.update({(each.id.lower(), each.state): each for each in told})
                    refusals.extend(why)

        ask(
            [
                partial(self._groups, stack),
                partial(self._tagged, stack),
                *(partial(self._deleted, stack, *where) for where in DELETED),
            ]
        )
        groups = [each.id.rpartition("/")[2] for each in found.values() if each.type == GROUP]
        ask([partial(self._inside, group) for group in groups])
        if refusals:
            look = f"  {_by_tag('group', stack)}\n  {_by_tag('resource', stack)}"
            raise not_all("subscription", stack, "; ".join(refusals), found.values(), look)
        return list(found.values())

    def quotas(self, services: Mapping[str, str], going: Collection[str]) -> Mapping[str, Grant]:
        """See `Account.quotas`."""
        return capacity.quotas(self._calls, self._location, services, going)

    def offers(self, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
        """See `Account.offers`."""
        return capacity.offers(self._calls, self._location, wanted)

    def _groups(self, stack: str) -> list[InventoryItem]:
        listed = self._calls.list("group", "list", "--tag", f"stack={stack}")
        return [_found(item, GROUP) for item in _ours(listed, stack)]

    def _tagged(self, stack: str) -> list[InventoryItem]:
        listed = self._calls.list("resource", "list", "--tag", f"stack={stack}")
        return [_found(item) for item in _ours(listed, stack)]

    def _inside(self, group: str) -> list[InventoryItem]:
        listed = self._calls.list("resource", "list", "--resource-group", group)
        return [_found(item) for item in listed]

    def _deleted(self, stack: str, path: str, version: str, where: str) -> list[InventoryItem]:
        kept = self._calls.pages(path, version)
        return [_found(item, state=SOFT_DELETED) for item in _ours(kept, stack, where)]

    def _unclear(self, entry: Entry, why: str) -> StillThere:
        return unclear(entry, why, _by_tag("resource", str(entry["urn"]).split(":")[2]))


def _answer(question: Question) -> tuple[list[InventoryItem], list[str]]:
    """What it tells, or why it tells nothing."""
    try:
        return question(), []
    except QueryFailed as error:
        return [], [str(error)]


def _ours(listed: Iterable[Any], stack: str, where: str = "") -> Iterator[Any]:
    """What carries the stack's tag and ours. `where`: path to what has the tags."""
    for item in listed:
        for tagged in items(item, where):
            tags = tagged.get("tags") or {}
            if tags.get("stack") == stack and tags.get("managed-by") == MANAGED_BY:
                yield {**item, "tags": tags}


def _found(item: Mapping[str, Any], type: str = "", state: str = "") -> InventoryItem:
    kind = str(item.get("type", ""))
    going = state_of(item, "properties.provisioningState") == _DELETING
    return InventoryItem(
        type=type or TYPES.get(kind.lower().replace("/deleted", "/"), kind),
        id=str(item["id"]),
        name=str(item.get("name") or item["id"]),
        role=(item.get("tags") or {}).get("role", ""),
        state=state or (_DELETING if going else ""),
    )


def _by_tag(kind: str, stack: str) -> str:
    return f"az {kind} list --tag stack={stack} --output table"
