"""Looks into a Google Cloud project: what an interrupted create made, all that a stack has there.

The project is asked list by list, since the one list of everything (Cloud Asset Inventory) must be
enabled first, lags by minutes, and leaves out what has no labels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from mllab.accounts.contract import Entry, Grant, InventoryItem, Offer, Placement
from mllab.accounts.gcp import capacity, inventory
from mllab.accounts.gcp.client import Client
from mllab.accounts.gcp.imports import IMPORT_QUERIES, LABELS, SETTINGS, ImportQuery
from mllab.accounts.gcp.inventory import path_of, short
from mllab.accounts.responses import QueryFailed, filled, items, not_all, state_of, the_one, unclear
from mllab.errors import StillThere

_DELETING_STATES: Final = frozenset({"deleting", "deleted"})
"""States, in lower case; a machine that is TERMINATED is one that was stopped."""


class GcpAccount:
    """The project of the stack's settings.

    Args:
        config: Pulumi configuration of the stack.
    """

    def __init__(self, config: Mapping[str, str]) -> None:
        self._calls, self._config = Client(config), config

    def find(self, entry: Entry, known: Collection[str]) -> str | None:
        """See `Account.find`."""
        if entry["type"] in SETTINGS:
            return None
        query = IMPORT_QUERIES.get(entry["type"])
        if query is None:
            raise self._unclear(entry, "mllab does not know how such a thing is found")

        def ids() -> set[str]:
            # A recorded right has slashes where the one to import has spaces.
            return {id for id in self._ids(query, entry) if id.replace(" ", "/") not in known}

        return the_one(ids, lambda why: self._unclear(entry, why))

    def inventory(self, stack: str) -> list[InventoryItem]:
        """See `Account.inventory`."""
        try:
            found, refusals = inventory.look(self._calls, self._config, stack)
        except QueryFailed as error:
            found, refusals = [], [str(error)]
        if refusals:
            raise not_all(
                "project", stack, "; ".join(refusals), found, f"  {self._by_label(stack)}"
            )
        return found

    def quotas(self, services: Mapping[str, str], going: Collection[str]) -> Mapping[str, Grant]:
        """See `Account.quotas`."""
        return capacity.quotas(self._calls, services, going)

    def offers(self, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
        """See `Account.offers`."""
        return capacity.offers(self._calls, wanted)

    def allocated(self, id: str) -> bool | None:
        """Nothing that is declared on Google Cloud depends on it."""
        return None

    def _ids(self, query: ImportQuery, entry: Entry) -> set[str]:
        given = {**self._calls.names, **_flat(entry.get("inputs") or {})}
        words, where = filled(list(query.words), given), filled(query.where, given)
        if query.api not in self._calls.enabled:
            return set()  # nothing can have been made
        state = LABELS.get(entry["type"], ("", ""))[1]
        return {
            filled(query.id, {**given, "path": path_of(item)})
            for answer in self._calls.list(*words)
            for item in items(answer, query.items)
            if state_of(item, state) not in _DELETING_STATES
            and all(wanted in _at(item, path) for path, wanted in where.items())
        }

    def _unclear(self, entry: Entry, why: str) -> StillThere:
        return unclear(entry, why, self._by_label(str(entry["urn"]).split(":")[2]))

    def _by_label(self, stack: str) -> str:
        project = self._config.get("gcp:project", "...")
        return (
            f"gcloud asset search-all-resources --scope=projects/{project} "
            f"--query=labels.stack={stack}"
        )


def _at(item: Mapping[str, Any], path: str) -> list[str]:
    """The texts at a path, addresses as the names that they are."""
    if path == "path":
        return [path_of(item)]
    return [short(str(each)) for each in items(item, path)]


def _flat(values: Any, prefix: str = "") -> dict[str, str]:
    """All plain texts, by their keys and numbers with `_` between them."""
    if isinstance(values, str):
        return {prefix: values}
    pairs = (
        values.items()
        if isinstance(values, Mapping)
        else enumerate(values)
        if isinstance(values, list)
        else ()
    )
    found: dict[str, str] = {}
    for key, value in pairs:
        found |= _flat(value, f"{prefix}_{key}" if prefix else str(key))
    return found
