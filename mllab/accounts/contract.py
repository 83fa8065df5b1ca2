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


UNTOLD: Final = "the account does not tell"


@dataclass(frozen=True)
class Grant:
    """What an account says of one quota.

    Args:
        limit: what it grants, infinite where it sets none; None where it does not say.
        used: how much of that is in use; None where it does not say.
        why: it does not say.
    """

    limit: float | None = None
    used: float | None = None
    why: str = UNTOLD


@dataclass(frozen=True)
class Placement:
    """A machine type in a place.

    Args:
        type: the vendor's name. place: zone, or the region of a machine that names no zone.
        accelerator: see `Machine.accelerator`. use: what it is for; see `catalog.USES`.
    """

    type: str
    place: str
    accelerator: str = ""
    use: str = "vm"


@dataclass(frozen=True)
class Offer:
    """Whether an account may have a machine type in a place.

    Args:
        there: None where it does not say.
        why: it may not, or does not say.
    """

    there: bool | None
    why: str = UNTOLD


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

    def quotas(self, services: Mapping[str, str], going: Collection[str]) -> Mapping[str, Grant]:
        """What the account grants of each quota, by its code, and what is in use.

        Args:
            services: code -> the service that keeps it.
            going: ids of machines that will be gone, and count as such.

        Raises:
            QueryFailed: nobody can tell anything.
            LabError: the account cannot be asked at all.
        """
        ...

    def offers(self, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
        """Whether the account may have machines; that there is room for them it never tells.

        Raises what `quotas` raises.
        """
        ...

    def allocated(self, id: str) -> bool | None:
        """Whether a machine takes up a host, running or not, or the one that has this disk; None
        where the account does not say."""
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

    def quotas(self, services: Mapping[str, str], going: Collection[str]) -> Mapping[str, Grant]:
        return dict.fromkeys(services, Grant())

    def offers(self, wanted: Collection[Placement]) -> Mapping[Placement, Offer]:
        return dict.fromkeys(wanted, Offer(None))

    def allocated(self, id: str) -> bool | None:
        return None
