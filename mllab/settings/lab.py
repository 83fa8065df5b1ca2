"""What a lab is: one frozen model per section of the stack file.

The descriptions are the words of the README's tables and of what `mllab new` asks.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict

from components import catalog
from mllab.settings import limits
from mllab.settings.fields import (
    Day,
    Email,
    Listed,
    Owner,
    Rising,
    Switch,
    TimeOfDay,
    TimeZone,
    Unique,
    absent,
    choice,
    fault,
    is_email,
)

_FIXED: Final[JsonDict] = {"fixed": True}  # cannot change after the first `up`
_ASKED: Final[JsonDict] = {"asked": True}  # `mllab new` asks for it, as for all that is required


class Section(BaseModel):
    """One section of the stack file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LabSection(Section):
    """Who answers for the lab, where it is and how long it lives."""

    cloud: Annotated[str, limits.CLOUD] = Field(
        description="Cloud the lab is in. Cannot change after the first up.",
        json_schema_extra=_FIXED,
    )
    name: Annotated[str, BeforeValidator(limits.LAB_NAME)] | None = Field(
        default=None,
        validate_default=True,
        description="Begins every name in the lab; by default the stack's name. "
        "Cannot change after the first up.",
        json_schema_extra=_FIXED,
    )
    owner: Owner = Field(
        description="E-mail address of who answers for the lab; it is written on everything."
    )
    profile: Annotated[str, choice("course", "strict")] = Field(
        default="course",
        description="course: cheap, ends, easy to remove; strict: security baseline first.",
        json_schema_extra=_ASKED,
    )
    starts: Day | None = Field(default=None, description="First day of the lab.")
    ends: Day | None = Field(
        default=None,
        validate_default=True,
        description="Last day of the lab; at its end the machines stop. A course must have one.",
        json_schema_extra=_ASKED,
    )

    @field_validator("name")
    @classmethod
    def _named_by_its_stack(cls, name: str | None, info: ValidationInfo) -> str | None:
        stack = (info.context or {}).get("stack")
        if name is None and stack is not None:
            try:
                limits.LAB_NAME(stack)
            except ValueError:
                raise absent(
                    f"must be given, {stack!r} of the stack cannot be it: {limits.LAB_NAME.words}"
                ) from None
        return name

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: date | None, info: ValidationInfo) -> date | None:
        if ends is None:
            if info.data.get("profile") == "course":
                raise absent("must be given, a course ends; with profile strict a lab may go on")
            return None
        starts = info.data.get("starts")
        if starts is not None and ends < starts:
            raise fault(f"must not be before lab.starts, {starts}")
        today = (info.context or {}).get("today")
        if today is not None and ends < today:
            raise fault(f"is past, today is {today}; give a later day, or remove the lab")
        return ends


class Notebook(Section):
    """The machines people work on, one per seat."""

    kind: Annotated[str, limits.KIND] = Field(
        default="vm", description="vm: a machine with JupyterLab on it."
    )
    size: limits.Size = Field(
        default="gpu-small",
        description="Size of each machine, or a machine type of the cloud.",
        json_schema_extra=_ASKED,
    )
    disk_gb: Annotated[int, limits.DISK_GB] = Field(
        default=100, description="System disk of each machine in GB; billed also while stopped."
    )
    home_gb: Annotated[int, limits.HOME_GB] = Field(
        default=50, description="Home disk of each seat in GB; it outlives the machine."
    )
    seats: Annotated[tuple[Annotated[str, limits.SEAT], ...], Listed, limits.SEATS, Unique] = Field(
        default=("shared",),
        description="One machine each; the names are keys, so one can go and the others stay.",
        json_schema_extra=_ASKED,
    )
    idle_minutes: Annotated[int, limits.IDLE] = Field(
        default=60,
        description="A machine that nobody has used for so long stops. It counts as it was when the"
        " machine was made.",
    )
    max_hours: Annotated[int, limits.HOURS] = Field(
        default=12,
        description="Longest time a machine runs at a stretch, in use or not. It counts as it was"
        " when the machine was made.",
    )
    stop_at: TimeOfDay | None = Field(
        default=time(3),
        description="Time of day at which every machine stops, in quotes; null for never.",
        json_schema_extra=_ASKED,
    )
    time_zone: TimeZone = Field(
        default="UTC",
        description="Time zone of stop_at and ends, like Europe/Copenhagen.",
        json_schema_extra=_ASKED,
    )

    @field_validator("disk_gb")
    @classmethod
    def _holds_the_image(cls, disk_gb: int, info: ValidationInfo) -> int:
        if "size" not in info.data:
            return disk_gb  # the size has a fault of its own
        gpus = catalog.machine(limits.cloud_of(info), info.data["size"]).gpus
        if gpus and disk_gb < limits.GPU_IMAGE_GB:
            raise fault(f"must be at least {limits.GPU_IMAGE_GB}, the image for GPUs needs it")
        return disk_gb


class Cluster(Section):
    """The machines that take jobs; none runs while there is no job."""

    size: limits.Size = Field(
        default="gpu-small",
        description="Size of each machine, or a machine type of the cloud.",
        json_schema_extra=_ASKED,
    )
    max_nodes: Annotated[int, limits.NODES] = Field(
        default=4,
        description="Most machines at the same time; the least is always 0.",
        json_schema_extra=_ASKED,
    )
    spot: Switch = Field(
        default=True,
        description="true: spare machines at a fraction of the price, which may be taken back.",
    )
    max_job_hours: Annotated[int, limits.JOB_HOURS] = Field(
        default=4, description="A job that runs longer is ended."
    )


class Storage(Section):
    """Where data lives: a bucket, and a shared file system if wanted."""

    files: Switch = Field(
        default=True, description="true: a shared file system on every machine, besides the bucket."
    )
    keep: Switch = Field(
        default=True,
        description="true: a lab that holds data refuses to go until its data is named.",
        json_schema_extra=_ASKED,
    )
    undelete_days: Annotated[int, limits.DAYS] = Field(
        default=0, description="Days that a deleted or overwritten object can be brought back."
    )


class Registry(Section):
    """Where container images live."""

    keep_images: Annotated[int, limits.IMAGES] = Field(
        default=10, description="Newest images that are kept; older ones are cleaned up."
    )


class Budget(Section):
    """When somebody is told what the lab costs."""

    limit_usd: Annotated[float, limits.USD] = Field(
        description="Amount in US dollars that the lab may cost."
    )
    per: Annotated[str, choice("month", "quarter", "year")] = Field(
        default="month", description="Time that the amount is meant for."
    )
    warn_percent: Annotated[
        tuple[Annotated[int, limits.PERCENT], ...], Listed, limits.PERCENTS, Unique, Rising
    ] = Field(default=(50, 80, 100), description="Alerts go out at these percentages.")
    notify: Annotated[tuple[Email, ...], Listed, limits.NOTIFY, Unique] = Field(
        default=(), description="E-mail addresses that are told; by default the owner's."
    )


class Aws(Section):
    """What only AWS has."""

    image: Annotated[str, limits.IMAGE] | None = Field(
        default=None,
        description="AMI for new notebooks, instead of the newest Deep Learning image.",
    )
    own_costs_only: Switch = Field(
        default=False,
        description="true: count only what carries the lab's tag, once the payer has activated it.",
    )


class Lab(Section):
    """A whole lab, checked.

    Args:
        stack: Pulumi's name of the stack.
        region: the cloud's own name, from the key that the cloud's provider reads (`aws:region`).
    Context of the validation: `cloud`, `stack`, and `today` to refuse a lab that is over.
    """

    stack: Annotated[str, limits.STACK_NAME]
    region: limits.Region = Field(
        description="Region of the cloud, like us-east-1. Cannot change after the first up.",
        json_schema_extra=_FIXED,
    )
    lab: LabSection
    notebook: Notebook = Notebook()
    cluster: Cluster = Cluster()
    storage: Storage = Storage()
    registry: Registry = Registry()
    budget: Budget
    aws: Aws = Aws()

    @model_validator(mode="before")
    @classmethod
    def _owner_is_told(cls, data: Any) -> Any:
        """Without addresses of its own the budget tells the owner."""
        lab, budget = (data.get("lab"), data.get("budget")) if isinstance(data, dict) else (0, 0)
        if not isinstance(lab, dict) or not isinstance(budget, dict) or "notify" in budget:
            return data
        owner = lab.get("owner")
        return {**data, "budget": {**budget, "notify": [owner]}} if is_email(owner) else data

    @property
    def name(self) -> str:
        """The lab's name: its own, or the stack's."""
        return self.lab.name or self.stack
