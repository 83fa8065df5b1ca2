"""What only one cloud has: the sections of the stack file that are refused on the others."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from pydantic.config import JsonDict

from mllab.settings.fields import Listed, Section, Switch, Unique, choice
from mllab.settings.limits import AMI, BILLING, FAMILY, IMAGE
from mllab.settings.ssh import Network, PublicKey

_ASKED: Final[JsonDict] = {"asked": True}  # `mllab new` asks for it


class Own(Section):
    """What only one cloud has."""

    @property
    def budgeted(self) -> bool:
        """False where the limit is only written down, and nobody is told what is spent."""
        return True

    def public_addresses(self, kind: str) -> bool:
        """True where each notebook of a kind has a public address."""
        return kind == "vm"

    @property
    def spot_notebooks(self) -> bool:
        """True where notebooks are spare machines, which may count against a quota of their own."""
        return False


class Aws(Own):
    """What only AWS has."""

    image: Annotated[str, AMI] | None = Field(
        default=None,
        description="AMI for new notebooks, instead of the newest Deep Learning image.",
    )
    own_costs_only: Switch = Field(
        default=False,
        description="true: count only what carries the lab's tag, once the payer has activated it.",
    )


class Azure(Own):
    """What only Azure has."""

    image: Annotated[str | None, IMAGE] = Field(
        default=None,
        description="Image of new notebooks: hpc (Ubuntu 24.04 with NVIDIA's driver; taken by"
        " default for GPUs) or ubuntu (plain 24.04).",
    )
    ssh_from: Annotated[tuple[Network, ...], Listed, Unique] = Field(
        default=(),
        description="Addresses that may reach notebooks by SSH; none: only Bastion in the portal,"
        " if Azure has it there.",
        json_schema_extra=_ASKED,
    )
    ssh_keys: Annotated[tuple[PublicKey, ...], Listed, Unique] = Field(
        default=(),
        description="Public SSH keys that open the notebooks; kind vm needs one.",
        json_schema_extra=_ASKED,
    )
    budget: Switch = Field(
        default=True,
        description="false: no budget, for subscriptions that take none, like Azure for Students.",
    )

    @property
    def budgeted(self) -> bool:
        """See `Own.budgeted`."""
        return self.budget


class Gcp(Own):
    """What only Google Cloud has."""

    image: Annotated[str, FAMILY] | None = Field(
        default=None,
        description="Family of Deep Learning VM images for new notebooks, instead of the newest.",
    )
    secure_boot: Switch = Field(
        default=False,
        description="true: machines with a GPU boot with Secure Boot, from Canonical's image;"
        " without a GPU, managed or strict: always.",
    )
    egress: Annotated[str, choice("external", "nat")] = Field(
        default="external",
        description="Way to the internet: external (own addresses, open to nobody), or nat (which"
        " is billed).",
    )
    billing_account: Annotated[str, BILLING] | None = Field(
        default=None,
        description="Billing account of the budget; you need rights on it. Without one there is no"
        " budget.",
        json_schema_extra=_ASKED,
    )
    spot: Switch = Field(
        default=False,
        description="true: spare machines for notebooks, cheaper; Google may stop one at any time.",
    )
    filestore: Switch = Field(
        default=False,
        description="true: storage.files may be a Filestore, about 25 USD a month, used or not.",
    )

    @property
    def budgeted(self) -> bool:
        """See `Own.budgeted`."""
        return self.billing_account is not None

    @property
    def spot_notebooks(self) -> bool:
        """See `Own.spot_notebooks`."""
        return self.spot

    def public_addresses(self, kind: str) -> bool:
        """See `Own.public_addresses`; managed notebooks have one, too."""
        return self.egress == "external"
