"""What only one cloud has: the sections of the stack file that are refused on the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field
from pydantic.config import JsonDict

from components.azure import images
from mllab.settings import default_tags, examples
from mllab.settings.fields import Listed, Section, Switch, Unique, choice, money, text
from mllab.settings.ssh import Network, PublicKey

_ASKED: Final[JsonDict] = {"asked": True}  # `mllab new` asks for it

_AMI: Final = text(
    r"ami-([0-9a-f]{8}|[0-9a-f]{17})", "the id of an AMI, like ami-0123456789abcdef0"
)
_PER_HOUR: Final = money(
    0.001, 1000, "an hour that costs nothing needs no budget", "no machine of one's own costs more"
)
_FAMILY: Final = text(
    r"[a-z][a-z0-9-]{0,62}", "an image family, like common-cu129-ubuntu-2204-nvidia-580"
)
_BILLING: Final = text(
    r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}",
    "a billing account's id, like 012345-6789AB-CDEF01; gcloud billing accounts list shows yours",
)
_IMAGE: Final = choice(
    *images.IMAGES,
    refused={
        "dsvm": "would be the Data Science VM, whose last image is of June 2025; Azure keeps one"
        " for 12 months. Take hpc, or leave it out",
    },
)


class Own(Section):
    """What only one cloud has."""

    EXAMPLES: ClassVar[Mapping[str, str]] = {}
    """Settings, as a file has them -> a word that only shows where one's own belongs."""
    PLACE: ClassVar[str] = ""
    """What a new file must say of a lab's place besides its region."""
    FILES_SWITCH: ClassVar[str] = ""
    """The setting without which `storage.files` is refused, because it would cost much."""
    TAGS: ClassVar[str] = ""
    """The provider's key for what it puts on everything."""

    @classmethod
    def tag_faults(cls, given: Any, *, machines: bool) -> Iterable[tuple[tuple[str, ...], str]]:
        """What the cloud would refuse of the value of `TAGS`, each with where it stands in it.

        Args:
            machines: notebooks are machines, not managed ones.
        """
        return ()

    @classmethod
    def example(cls, kind: str, *, files: bool) -> str:
        """The section of a lab that comes from another cloud; empty where it needs none.

        Args:
            kind: of the notebooks. files: it has shared files.
        """
        return ""

    @property
    def budgeted(self) -> bool:
        """False where the limit is only written down, and nobody is told what is spent."""
        return True

    def public_addresses(self, kind: str) -> bool:
        """True where each notebook of a kind has a public address."""
        return kind == "vm"

    @property
    def spot_notebooks(self) -> bool:
        """True where notebooks are spot machines, which may count against a quota of their own."""
        return False


class Aws(Own):
    """What only AWS has."""

    TAGS = "aws:defaultTags"

    @classmethod
    def tag_faults(cls, given: Any, *, machines: bool) -> Iterable[tuple[tuple[str, ...], str]]:
        """See `Own.tag_faults`."""
        return default_tags.faults(given, machines=machines)

    image: Annotated[str, _AMI] | None = Field(
        default=None,
        description="AMI for new notebooks, instead of the newest Deep Learning image.",
    )
    own_costs_only: Switch = Field(
        default=False,
        description="true: count only what carries the lab's tag, once the payer has activated it.",
    )


class Azure(Own):
    """What only Azure has."""

    EXAMPLES = {"azure.ssh_from": examples.NETWORK, "azure.ssh_keys": examples.KEY.split()[1]}

    @classmethod
    def example(cls, kind: str, *, files: bool) -> str:
        """See `Own.example`."""
        section = f"""\
  mllab:azure:
    ssh_from: [{examples.NETWORK}] # the addresses that people come from; put yours here
    ssh_keys: ["{examples.KEY}"] # the public keys that open the machines; put yours here
"""
        return section if kind == "vm" else ""

    image: Annotated[str | None, _IMAGE] = Field(
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

    EXAMPLES = {"gcp:project": examples.PROJECT, "gcp.billing_account": examples.BILLING}
    PLACE = (
        f"  gcp:project: {examples.PROJECT} # the project that pays, by its id; put yours here\n"
    )
    FILES_SWITCH = "gcp.filestore"
    TAGS = "gcp:defaultLabels"

    @classmethod
    def tag_faults(cls, given: Any, *, machines: bool) -> Iterable[tuple[tuple[str, ...], str]]:
        """See `Own.tag_faults`."""
        return default_tags.label_faults(given)

    @classmethod
    def example(cls, kind: str, *, files: bool) -> str:
        """See `Own.example`."""
        drive = (
            "filestore: true # the shared drive is billed here, about 25 USD a month, used or not"
        )
        return f"""\
  mllab:gcp:
    billing_account: {examples.BILLING} # who pays; put yours here, or null for no budget
""" + (f"    {drive}\n" if files else "")

    image: Annotated[str, _FAMILY] | None = Field(
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
    billing_account: Annotated[str, _BILLING] | None = Field(
        default=None,
        description="Billing account of the budget; you need rights on it. Without one there is no"
        " budget.",
        json_schema_extra=_ASKED,
    )
    spot: Switch = Field(
        default=False,
        description="true: spot machines for notebooks, cheaper; Google may stop one at any time.",
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


class Local(Own):
    """What only a lab on this machine has."""

    usd_per_hour: Annotated[float, _PER_HOUR] | None = Field(
        default=None,
        description="What an hour of this machine costs you, in US dollars; without it the budget"
        " counts hours alone.",
    )
    queue: Annotated[str, choice("auto", "slurm", "processes")] = Field(
        default="auto",
        description="What runs jobs: slurm, or processes (one at a time per node); auto takes"
        " Slurm where it is installed.",
    )

    def public_addresses(self, kind: str) -> bool:
        """See `Own.public_addresses`."""
        return False


OWN: Final[Mapping[str, type[Own]]] = {"aws": Aws, "azure": Azure, "gcp": Gcp, "local": Local}
"""The section of each cloud, and of this machine."""
