"""What a lab is: one frozen model per section of the stack file. Descriptions become the README's tables and the comments of `mllab new`."""

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

from components import catalog, regions
from mllab.settings.fields import (
    Choice,
    Day,
    Email,
    Listed,
    Money,
    Owner,
    Pattern,
    Rising,
    Switch,
    TimeOfDay,
    TimeZone,
    Unique,
    Whole,
    fault,
    is_email,
    length,
)

CLOUDS: Final = ("aws",)
OTHER_CLOUDS: Final = ("azure", "gcp")
SPELLED: Final = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}

_LAB_NAME: Final = Pattern(
    r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,29}",
    "1 to 30 of a-z, 0-9 and single hyphens, with a letter first; it begins the name of everything in the lab",
)
_STACK_NAME: Final = Pattern(
    r"[a-z0-9][a-z0-9_-]{0,62}",
    "1 to 63 of a-z, 0-9, '_' and '-', because it becomes a tag; rename the file Pulumi.<stack>.yaml",
)
_SEAT: Final = Pattern(
    r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,19}",
    "1 to 20 of a-z, 0-9 and single hyphens, with a letter first, because it becomes a tag",
)
_IMAGE: Final = Pattern(
    r"ami-([0-9a-f]{8}|[0-9a-f]{17})", "the id of an AMI, like ami-0123456789abcdef0"
)
_KIND: Final = Choice(
    ("vm",),
    {
        "managed": "managed notebooks (SageMaker) are not built yet; take vm, a machine with JupyterLab on it"
    },
)
_CLOUD: Final = Choice(
    CLOUDS, {cloud: f"{SPELLED[cloud]} is not built yet; take aws" for cloud in OTHER_CLOUDS}
)

_GPU_IMAGE_GB: Final = (
    75  # the Deep Learning images' own disk: `expect size >= 75GB` is EC2's answer to less
)
_CPU_IMAGE_GB: Final = 30  # 8 GB of Linux, the rest for Python packages


def _size(value: Any, info: ValidationInfo) -> str:
    cloud = (info.context or {}).get("cloud")
    if not isinstance(value, str) or len(value) > 40:
        raise fault(f"must be a size: {', '.join(catalog.SIZES)}")
    try:
        catalog.machine(cloud if cloud in CLOUDS else CLOUDS[0], value)
    except catalog.UnknownSize as exc:
        raise fault(str(exc)) from exc
    return value


def _region(value: Any, info: ValidationInfo) -> str:
    cloud = (info.context or {}).get("cloud")
    if not isinstance(value, str) or len(value) > 40:
        raise fault("must be the name of a region, like us-east-1")
    try:
        return regions.check(cloud if cloud in CLOUDS else CLOUDS[0], value)
    except regions.UnknownRegion as exc:
        raise fault(str(exc)) from exc


Size = Annotated[str, BeforeValidator(_size)]
_FIXED: Final = {"fixed": True}


class Section(BaseModel):
    """One section of the stack file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LabSection(Section):
    """Who answers for the lab, where it is and how long it lives."""

    cloud: Annotated[str, BeforeValidator(_CLOUD)] = Field(
        description="Cloud the lab is in. Cannot change after the first up: another cloud is another lab.",
        json_schema_extra=_FIXED,
    )
    name: Annotated[str, BeforeValidator(_LAB_NAME)] | None = Field(
        default=None,
        validate_default=True,
        description="Begins the name of everything in the lab; by default the stack's name. "
        "Cannot change after the first up: everything would be replaced.",
        json_schema_extra=_FIXED,
    )
    owner: Owner = Field(
        description="E-mail address of the person who answers for the lab; it is written on everything."
    )
    profile: Annotated[str, BeforeValidator(Choice(("course", "strict")))] = Field(
        default="course",
        description="course: cheap, with an end, easy to remove; strict: security baseline first.",
    )
    starts: Day | None = Field(default=None, description="First day of the lab.")
    ends: Day | None = Field(
        default=None,
        validate_default=True,
        description="Last day of the lab; at its end the machines stop. A course must have one.",
    )

    @field_validator("name")
    @classmethod
    def _named_by_its_stack(cls, name: str | None, info: ValidationInfo) -> str | None:
        stack = (info.context or {}).get("stack")
        if name is None and stack is not None:
            try:
                _LAB_NAME(stack)
            except ValueError:
                raise fault(
                    f"must be given, because the stack's name {stack!r} cannot name a lab; {_LAB_NAME.words}"
                ) from None
        return name

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: date | None, info: ValidationInfo) -> date | None:
        if ends is None:
            if info.data.get("profile") == "course":
                raise fault("must be given, a course ends; a lab of profile strict may go on")
            return None
        starts = info.data.get("starts")
        if starts is not None and ends < starts:
            raise fault(f"must not be before lab.starts, {starts}")
        today = (info.context or {}).get("today")
        if today is not None and ends < today:
            raise fault(
                f"is past, today is {today}; give a later day, or remove what is left with `mllab down`"
            )
        return ends


class Notebook(Section):
    """The machines people work on, one per seat."""

    kind: Annotated[str, BeforeValidator(_KIND)] = Field(
        default="vm", description="vm: a machine with JupyterLab on it."
    )
    size: Size = Field(
        default="gpu-small", description="Size of each machine, or a machine type of the cloud."
    )
    disk_gb: Annotated[
        int, BeforeValidator(Whole(1, 65536, "a machine needs a disk", "EBS makes no larger disk"))
    ] = Field(
        default=100,
        description="System disk of each machine in GB; billed also while it is stopped.",
    )
    home_gb: Annotated[
        int,
        BeforeValidator(Whole(1, 65536, "people's work needs a place", "EBS makes no larger disk")),
    ] = Field(
        default=50,
        description="Home disk of each seat in GB; it outlives the machine and is billed all the time.",
    )
    seats: Annotated[
        tuple[Annotated[str, BeforeValidator(_SEAT)], ...],
        Listed,
        length(1, 500, "somebody should sit there", "more than that is a platform, not a lab"),
        Unique,
    ] = Field(
        default=("shared",),
        description="One machine each; the names are keys, so one can go without touching the others.",
    )
    idle_minutes: Annotated[
        int,
        BeforeValidator(
            Whole(
                15,
                1440,
                "a shorter pause is somebody thinking",
                "the alarm that stops the machine looks back one day at most",
            )
        ),
    ] = Field(default=60, description="A machine that nobody has used for so long stops.")
    max_hours: Annotated[
        int,
        BeforeValidator(
            Whole(
                1,
                168,
                "nothing can be done in less",
                "no machine should run longer than a week unwatched",
            )
        ),
    ] = Field(default=12, description="Longest time a machine runs at a stretch, in use or not.")
    stop_at: TimeOfDay | None = Field(
        default=time(3),
        description="Time of day at which every machine stops, in quotes; null for no daily stop.",
    )
    time_zone: TimeZone = Field(
        default="UTC",
        description="Time zone that stop_at and ends are meant in, like Europe/Copenhagen.",
    )

    @field_validator("disk_gb")
    @classmethod
    def _holds_the_image(cls, disk_gb: int, info: ValidationInfo) -> int:
        if "size" not in info.data:
            return disk_gb  # its own fault is reported
        cloud = (info.context or {}).get("cloud")
        gpus = catalog.machine(cloud if cloud in CLOUDS else CLOUDS[0], info.data["size"]).gpus
        least = _GPU_IMAGE_GB if gpus else _CPU_IMAGE_GB
        if disk_gb < least:
            raise fault(
                f"must be at least {least}, the image {'with the GPU drivers ' if gpus else ''}needs it"
            )
        return disk_gb


class Cluster(Section):
    """The machines that take jobs; none runs while there is no job."""

    size: Size = Field(
        default="gpu-small", description="Size of each machine, or a machine type of the cloud."
    )
    max_nodes: Annotated[
        int,
        BeforeValidator(
            Whole(
                1,
                100,
                "no job could ever run; an idle cluster costs nothing",
                "more is a talk with the vendor first",
            )
        ),
    ] = Field(default=4, description="Most machines at the same time; the least is always 0.")
    spot: Switch = Field(
        default=True,
        description="true: spare machines at a fraction of the price, which may be taken back.",
    )
    max_job_hours: Annotated[
        int,
        BeforeValidator(
            Whole(
                1,
                168,
                "nothing can be done in less",
                "a longer job should write checkpoints and be submitted again",
            )
        ),
    ] = Field(default=4, description="A job that runs longer is ended.")


class Storage(Section):
    """Where data lives: a bucket, and a shared file system if wanted."""

    files: Switch = Field(
        default=True,
        description="true: a shared file system besides the bucket, mounted on every machine.",
    )
    keep: Switch = Field(
        default=True,
        description="true: a lab that holds data refuses to go until its data is named.",
    )
    undelete_days: Annotated[
        int,
        BeforeValidator(Whole(0, 365, "0 is for none", "every old version is billed all the time")),
    ] = Field(
        default=0,
        description="Days a deleted or overwritten object can be brought back, and is billed.",
    )


class Registry(Section):
    """Where container images live."""

    keep_images: Annotated[
        int,
        BeforeValidator(
            Whole(1, 1000, "jobs need their newest image", "every image is billed all the time")
        ),
    ] = Field(default=10, description="Newest images that are kept; older ones are cleaned up.")


class Budget(Section):
    """When somebody is told what the lab costs."""

    limit_usd: Annotated[
        float,
        BeforeValidator(
            Money(
                1,
                1_000_000,
                "a budget of nothing only ever alarms",
                "more is a slip of the keyboard",
            )
        ),
    ] = Field(description="Amount in US dollars that the lab may cost.")
    per: Annotated[str, BeforeValidator(Choice(("month", "quarter", "year")))] = Field(
        default="month", description="Time the amount is meant for: month, quarter or year."
    )
    warn_percent: Annotated[
        tuple[
            Annotated[
                int,
                BeforeValidator(
                    Whole(1, 1000, "0 would alarm at once", "that comes after the bill")
                ),
            ],
            ...,
        ],
        Listed,
        length(
            1,
            5,
            "somebody must be told",
            "AWS takes 10 alerts, and each percent needs two, actual and forecast",
        ),
        Unique,
        Rising,
    ] = Field(
        default=(50, 80, 100), description="Alerts go out at these percentages of the amount."
    )
    notify: Annotated[
        tuple[Email, ...],
        Listed,
        length(1, 10, "somebody must be told", "AWS sends an alert to no more"),
        Unique,
    ] = Field(default=(), description="E-mail addresses that are told; by default the owner's.")


class Aws(Section):
    """What only AWS has."""

    image: Annotated[str, BeforeValidator(_IMAGE)] | None = Field(
        default=None,
        description="AMI of the notebooks instead of the newest Deep Learning image; new machines only.",
    )
    own_costs_only: Switch = Field(
        default=False,
        description="true: the budget counts only what carries the lab's tag (activate the cost allocation tag first); "
        "false: the whole account.",
    )


class Lab(Section):
    """A whole lab, checked.

    Args:
        stack: Pulumi's name of the stack.
        region: the cloud's own name of the region, from the key that the cloud's provider reads (`aws:region`).
    Context of the validation: `cloud`, `stack`, and `today` where a lab that is over shall be refused.
    """

    stack: Annotated[str, BeforeValidator(_STACK_NAME)]
    region: Annotated[str, BeforeValidator(_region)] = Field(
        description="Region of the cloud. Cannot change after the first up: everything would be replaced.",
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
        if not isinstance(data, dict):
            return data
        lab, budget = data.get("lab"), data.get("budget")
        if (
            isinstance(lab, dict)
            and isinstance(budget, dict)
            and "notify" not in budget
            and is_email(lab.get("owner"))
        ):
            return {**data, "budget": {**budget, "notify": [lab["owner"]]}}
        return data

    @property
    def name(self) -> str:
        """The lab's name: its own, or the stack's."""
        return self.lab.name or self.stack
