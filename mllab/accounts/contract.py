"""What is asked of an account in any cloud, and which clouds can be asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mllab.errors import StillThere
from mllab.protocol import urns

Entry = Mapping[str, Any]
"""A resource as a deployment holds it."""

SOFT_DELETED: Final = "soft-deleted"
"""State of what was deleted, costs nothing and stands in nobody's way, but is kept by the cloud for
some days so that it could be brought back. It is told, and does not count as left over."""


@dataclass(frozen=True)
class InventoryItem:
    """Something of a stack that exists in an account.

    Args:
        type: Pulumi's token where the program could have declared it, else the cloud's own word.
        id: the cloud's.
        name: the logical name; of what came to be by itself the id.
        role: from the tags; empty where they do not say.
        state: the cloud's word, `running`, or `SOFT_DELETED`; empty where there is none.
    """

    type: str
    id: str
    name: str
    role: str = ""
    state: str = ""


class Account(Protocol):
    """Somebody's account in one cloud."""

    def find(self, entry: Entry, known: Collection[str]) -> str | None:
        """What an interrupted create made, as the provider imports it; None if nothing.

        Args:
            entry: the pending resource, with the inputs of the create.
            known: ids that are recorded.

        Raises:
            StillThere: nobody can tell.
            LabError: the account cannot be asked: no credentials, no network.
        """
        ...

    def inventory(self, stack: str) -> list[InventoryItem]:
        """What the account itself shows of a stack, whatever is recorded.

        Raises:
            StillThere: a part of the account cannot be seen.
            LabError: the account cannot be asked at all.
        """
        ...

    def limits(self, services: Mapping[str, str]) -> Mapping[str, float]:
        """What the account grants of each quota, by its code; those that it does not tell are
        missing.

        Args:
            services: code -> the service that keeps it.

        Raises:
            QueryFailed: nobody can tell.
            LabError: the account cannot be asked at all.
        """
        ...

    def allocated(self, id: str) -> bool | None:
        """Whether a machine takes up a host, running or not; None where it does not say."""
        ...


@dataclass(frozen=True)
class UnknownAccount:
    """An account that mllab cannot look into."""

    package: str

    def find(self, entry: Entry, known: Collection[str]) -> str | None:
        name, stack = urns.name_of(entry["urn"]), str(entry["urn"]).split(":")[2]
        raise StillThere(
            f"the run before was interrupted while it made {name} ({entry['type']}); it may exist "
            "and cost money without being recorded, and mllab cannot look for it; nothing was "
            "changed",
            hint=f"Look for it in the cloud, by the tag or label stack={stack}.\n"
            "If it exists, delete it there. Then tell Pulumi, and go on:\n"
            f"  pulumi refresh --clear-pending-creates -s {stack}",
        )

    def inventory(self, stack: str) -> list[InventoryItem]:
        raise StillThere(
            f"mllab cannot look into the account of {self.package}, so whether anything of "
            f"{stack} is left there cannot be told",
            hint=f"Look for it in the cloud, by the tag or label stack={stack}.",
        )

    def limits(self, services: Mapping[str, str]) -> Mapping[str, float]:
        return {}

    def allocated(self, id: str) -> bool | None:
        return None
