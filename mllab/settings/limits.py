"""Every limit of a setting, with its reason; the sentences reach the user as they stand here."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ValidationInfo

from components import catalog, regions
from mllab.settings.fields import Pattern, choice, fault, length, money, text, whole

CLOUDS: Final = {"aws": "AWS"}
OTHER_CLOUDS: Final = {"azure": "Azure", "gcp": "Google Cloud"}
"""Clouds that are not built yet; asking for one is refused by name."""

GPU_IMAGE_GB: Final = 75  # the GPU images' own disk: EC2 answers `expect size >= 75GB` to less
CPU_IMAGE_GB: Final = 30  # 8 GB of Linux, the rest for Python packages

LAB_NAME: Final = Pattern(
    r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,29}",
    "1 to 30 of a-z, 0-9 and single hyphens, a letter first; it begins every name in the lab",
)
STACK_NAME: Final = text(
    r"[a-z0-9][a-z0-9_-]{0,62}",
    "1 to 63 of a-z, 0-9, '_' and '-', because it becomes a tag; rename Pulumi.<stack>.yaml",
)
SEAT: Final = text(
    r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,19}",
    "1 to 20 of a-z, 0-9 and single hyphens, a letter first, because it becomes a tag",
)
IMAGE: Final = text(
    r"ami-([0-9a-f]{8}|[0-9a-f]{17})", "the id of an AMI, like ami-0123456789abcdef0"
)
CLOUD: Final = choice(
    *CLOUDS,
    refused={key: f"{name} is not built yet; take aws" for key, name in OTHER_CLOUDS.items()},
)
KIND: Final = choice(
    "vm", refused={"managed": "managed notebooks (SageMaker) are not built yet; take vm"}
)

# Sources: 65536, EC2 API reference, EbsBlockDevice, gp3. 1440, CloudWatch API reference,
# PutMetricAlarm: periods of five minutes may add up to one day.
DISK_GB: Final = whole(
    CPU_IMAGE_GB,
    65536,
    f"and {GPU_IMAGE_GB} with a GPU: the image needs it",
    "EBS makes no larger disk",
)
HOME_GB: Final = whole(1, 65536, "people's work needs a place", "EBS makes no larger disk")
IDLE: Final = whole(
    15, 1440, "a shorter pause is somebody thinking", "the alarm behind it looks back one day"
)
HOURS: Final = whole(1, 168, "nothing gets done in less", "no machine runs a week unwatched")
NODES: Final = whole(
    1, 100, "or no job ever runs; idle costs nothing", "for more talk to the vendor first"
)
JOB_HOURS: Final = whole(
    1, 168, "nothing gets done in less", "a longer job writes checkpoints and is submitted again"
)
DAYS: Final = whole(0, 365, "and 0 is for none", "every old version is billed all the time")
IMAGES: Final = whole(1, 1000, "jobs need the newest", "every image is billed all the time")
USD: Final = money(
    1, 1_000_000, "a budget of nothing only ever alarms", "more is a slip of the keyboard"
)
PERCENT: Final = whole(1, 1000, "0 alarms at once", "that comes after the bill")
# Sources: Azure, Consumption Budgets API, 5 notifications. AWS Budgets API reference, 10 e-mail
# addresses per notification.
PERCENTS: Final = length(
    1, 5, "somebody must be told", "Azure takes no more, and one file serves every cloud"
)
NOTIFY: Final = length(1, 10, "somebody must be told", "AWS sends an alert to no more")
SEATS: Final = length(1, 500, "somebody should sit there", "for more this is not the right tool")


def cloud_of(info: ValidationInfo) -> str:
    """The cloud whose tables apply; the first one while the setting itself is missing or wrong."""
    cloud = (info.context or {}).get("cloud")
    return cloud if isinstance(cloud, str) and cloud in CLOUDS else next(iter(CLOUDS))


def _size(value: Any, info: ValidationInfo) -> str:
    if not isinstance(value, str) or len(value) > 40:
        raise fault(f"must be a size: {', '.join(catalog.SIZES)}")
    try:
        catalog.machine(cloud_of(info), value)
    except catalog.UnknownSize as exc:
        raise fault(str(exc)) from exc
    return value


def _region(value: Any, info: ValidationInfo) -> str:
    if not isinstance(value, str) or len(value) > 40:
        raise fault("must be the name of a region, like us-east-1")
    try:
        return regions.check(cloud_of(info), value)
    except regions.UnknownRegion as exc:
        raise fault(str(exc)) from exc


Size = Annotated[str, BeforeValidator(_size)]
Region = Annotated[str, BeforeValidator(_region)]
