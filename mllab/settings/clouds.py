"""What only one cloud has: the sections of the stack file that are refused on the others."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mllab.settings.fields import Listed, Section, Switch, Unique, choice
from mllab.settings.limits import AMI, BILLING, FAMILY
from mllab.settings.ssh import Network, PublicKey


class Aws(Section):
    """What only AWS has."""

    image: Annotated[str, AMI] | None = Field(
        default=None,
        description="AMI for new notebooks, instead of the newest Deep Learning image.",
    )
    own_costs_only: Switch = Field(
        default=False,
        description="true: count only what carries the lab's tag, once the payer has activated it.",
    )


class Azure(Section):
    """What only Azure has."""

    image: Annotated[str, choice("ubuntu", "dsvm", "hpc")] = Field(
        default="ubuntu",
        description="Image of new notebooks: ubuntu (24.04 with JupyterLab), dsvm (Data Science"
        " VM, frozen in 2025) or hpc (Ubuntu with CUDA).",
    )
    ssh_from: Annotated[tuple[Network, ...], Listed, Unique] = Field(
        default=(),
        description="Addresses from which notebooks can be reached by SSH; none: only through"
        " Bastion in the portal, as far as Azure has it.",
        json_schema_extra={"asked": True},
    )
    ssh_keys: Annotated[tuple[PublicKey, ...], Listed, Unique] = Field(
        default=(),
        description="Public SSH keys that open the notebooks; kind vm must have one.",
        json_schema_extra={"asked": True},
    )
    budget: Switch = Field(
        default=True,
        description="false: no budget, for subscriptions that Azure supports none on, like Azure"
        " for Students.",
    )


class Gcp(Section):
    """What only Google Cloud has."""

    image: Annotated[str, FAMILY] | None = Field(
        default=None,
        description="Family of Deep Learning VM images for new notebooks, instead of the newest"
        " that is found.",
    )
    egress: Annotated[str, choice("external", "nat")] = Field(
        default="external",
        description="How machines reach the internet: external (an address of their own, open to"
        " nobody) or nat (for organisations that forbid those; billed while machines run).",
    )
    billing_account: Annotated[str, BILLING] | None = Field(
        default=None,
        description="Billing account that the budget is made in, by somebody with rights on it;"
        " without one there is no budget.",
    )
    filestore: Switch = Field(
        default=False,
        description="true: storage.files may be a Filestore of 100 GiB, about 25 USD a month, also"
        " while nobody works.",
    )
