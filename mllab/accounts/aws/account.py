"""Looks into an AWS account: what an interrupted create made, and all that a stack has there.

AWS may show what was true some seconds ago, and its tagging service what was true some minutes ago.
So what the latter lists is asked for again at its own service, where that is known; but what has
only just been made can be missed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final

from mllab.accounts.aws import capacity, inventory
from mllab.accounts.aws.client import Client, tags_of
from mllab.accounts.aws.imports import (
    DELETING_STATES,
    IMPORT_QUERIES,
    SETTINGS,
    TAGGING,
    ImportQuery,
)
from mllab.accounts.contract import Entry, Grant, InventoryItem, Offer, Placement
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
from mllab.errors import StillThere

_TAGS: Final = ("stack", "lab", "role", "name")
"""What something must carry to be the one that was to be made."""


class AwsAccount:
    """The account that the engine would find, by the same chain of credentials.

    Args:
        region: `us-east-1`; empty where the settings are lost, and then nothing can be told.
        config: Pulumi configuration of the stack, of which `aws:profile` counts.
    """

    def __init__(self, region: str, config: Mapping[str, str]) -> None:
        self._region, self._config = region, config

    def find(self, entry: Entry, known: Collection[str]) -> str | None:
        """See `Account.find`."""
        if entry["type"] in SETTINGS:
            return None
        query = IMPORT_QUERIES.get(entry["type"])
        if query is None:
            raise self._unclear(entry, "mllab does not know how such a thing is found")
        return the_one(
            lambda: self._ids(query, entry) - set(known), lambda why: self._unclear(entry, why)
        )

    def inventory(self, stack: str) -> list[InventoryItem]:
        """See `Account.inventory`."""
        found: list[InventoryItem] = []
        try:
            for each in inventory.look(self._calls, stack):
                found.append(each)
        except QueryFailed as error:
            look = f"  {_by_tag(stack, self._region)}\n  aws iam list-roles --path-prefix /mllab/"
            raise not_all("account", stack, str(error), found, look) from error
        return found

    def quotas(self, services: Mapping[str, str], going: Collection[str]) -> Mapping[str, Grant]:
        """See `Account.quotas`."""
        return capacity.quotas(self._calls, services, going)

    def offers(self, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
        """See `Account.offers`."""
        return capacity.offers(self._calls, wanted)

    def allocated(self, id: str) -> bool | None:
        """Nothing that is declared on AWS depends on it."""
        return None

    @cached_property
    def _calls(self) -> Client:
        return Client(self._region, self._config)

    def _ids(self, query: ImportQuery, entry: Entry) -> set[str]:
        inputs = entry.get("inputs") or {}
        tags = inputs.get("tags") or {}
        given = {**texts(inputs), **texts(tags, "tag_"), **self._calls.names}
        where = filled(query.where, given)
        wanted = {key: given[f"tag_{key}"] for key in _TAGS} if query.tagged else {}
        found = {
            filled(query.id, {**given, **texts(item)}): tags_of(item)
            for answer in self._calls.ask(query.service, query.operation, filled(query.args, given))
            for item in items(answer, query.items)
            if where.items() <= item.items()
            and wanted.items() <= tags_of(item).items()
            and state_of(item, query.state) not in DELETING_STATES
        }
        if query.service != TAGGING:
            return set(found)
        ids = (inventory.confirmed(self._calls, arn, said) for arn, said in found.items())
        return {id for id in ids if id is not None}

    def _unclear(self, entry: Entry, why: str) -> StillThere:
        return unclear(entry, why, _by_tag(str(entry["urn"]).split(":")[2], self._region))


def _by_tag(stack: str, region: str) -> str:
    where = f" --region {region}" if region else ""
    return (
        f"aws resourcegroupstaggingapi get-resources{where} --tag-filters Key=stack,Values={stack}"
    )
