"""Every limit of a setting, with its reason; the sentences reach the user as they stand here."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ValidationInfo

from components import catalog, regions
from mllab.clouds.contract import Cloud
from mllab.clouds.registry import PLACES
from mllab.settings.fields import Pattern, choice, fault, length, money, text, whole

_PROJECT: Final = r"[a-z][a-z0-9-]{4,28}[a-z0-9]"
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
CLOUD: Final = choice(
    *PLACES,
    refused={
        name: f"is called {cloud.name} here"
        for cloud in PLACES.values()
        for name in cloud.other_names
    },
)
KIND: Final = choice(
    "vm",
    "managed",
    refused={
        "studio": "would be SageMaker Studio, whose domain leaves a file system and network"
        " interfaces behind, and cannot be deleted while people's apps run; take managed, a"
        " SageMaker notebook instance for each seat",
        "colab": "would be Colab Enterprise, where each person makes the machine; it could be"
        " neither labelled nor stopped nor removed with the lab; take managed, a Workbench instance"
        " for each seat",
    },
)

# Sources: 65536, EC2 API reference, EbsBlockDevice, gp3. 1440, CloudWatch API reference,
# GetMetricStatistics: 1,440 data points, of five minutes each, for twice the time.
DISK_GB: Final = whole(
    CPU_IMAGE_GB,
    65536,
    f"and {GPU_IMAGE_GB} with a GPU: the image needs it",
    "no cloud makes a larger disk",
)
HOME_GB: Final = whole(1, 65536, "people's work needs a place", "no cloud makes a larger disk")
IDLE: Final = whole(
    15, 1440, "a shorter pause is somebody thinking", "the watch behind it looks back two days"
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
    1, 1_000_000, "a budget of nothing only ever alarms", "more is probably a typing error"
)
PERCENT: Final = whole(1, 1000, "0 alarms at once", "that comes after the bill")
# Sources: Azure, Consumption Budgets API, 5 notifications. AWS Budgets API reference, 10 e-mail
# addresses per notification.
PERCENTS: Final = length(
    1, 5, "somebody must be told", "Azure takes no more, and one file serves every cloud"
)
NOTIFY: Final = length(1, 10, "somebody must be told", "AWS sends an alert to no more")
MOST_SEATS: Final = 500
SEATS: Final = length(
    1, MOST_SEATS, "somebody should sit there", "for more this is not the right tool"
)


def further(cloud: Cloud | None, kind: str, setting: str, value: int) -> None:
    """Refuse what only one cloud refuses.

    Args:
        kind: of the notebook. setting: without its section. value: a number, or a list's length.
    """
    if cloud is None:
        return
    if kind == "managed" and setting in cloud.not_for_managed:
        raise fault(f"is not for kind managed: {cloud.not_for_managed[setting]}; take it out")
    for key in (setting, f"{kind} {setting}"):
        least, most, why = cloud.limits.get(key, (0, value, ""))
        verb = "name" if setting == "notify" else "be"
        if value and value < least:
            raise fault(f"must {verb} at least {least}, {why}")
        if value > most:
            raise fault(f"must {verb} at most {most}, {why}")


def refused_name(cloud: Cloud | None, name: str) -> str | None:
    """Why a cloud takes nothing of that name; None if it does."""
    refused = cloud.refused_names if cloud else ()
    return next((why for pattern, why in refused if re.fullmatch(pattern, name)), None)


def cloud_of(info: ValidationInfo) -> Cloud | None:
    """The lab's cloud; None while that setting is missing or wrong, and no cloud's limits hold."""
    return PLACES.get(str((info.context or {}).get("cloud")))


def size(value: Any, cloud: Cloud | None, use: str) -> str:
    """A size, or a machine type of the cloud that can be put to that use."""
    if not isinstance(value, str) or len(value) > 40:
        raise fault(f"must be a size: {', '.join(catalog.SIZES)}")
    try:
        if cloud:
            catalog.machine(cloud.name, value, use)
    except catalog.UnknownSize as exc:
        raise fault(str(exc)) from exc
    return value


def _region(value: Any, info: ValidationInfo) -> str:
    cloud = cloud_of(info)
    if cloud and not cloud.config_keys:
        return ""
    if not isinstance(value, str) or len(value) > 40:
        like = f", like {regions.example(cloud.name)}" if cloud else ""
        raise fault(f"must be the name of a region{like}")
    try:
        return regions.check(cloud.name, value) if cloud else value
    except regions.UnknownRegion as exc:
        raise fault(str(exc)) from exc


def _project(value: Any) -> str:
    """A Google Cloud project's id."""
    if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
        raise fault(
            "must be the project's id, not its number: addresses and images are named after the id;"
            f" gcloud projects describe {str(value)[:30]} --format='value(projectId)' tells it"
        )
    if isinstance(value, str) and re.fullmatch(_PROJECT, value):
        return value
    raise fault("must be the id of a project, 6 to 30 of a-z, 0-9 and hyphens, like my-course-2027")


def _notebook_size(value: Any, info: ValidationInfo) -> str:
    return size(value, cloud_of(info), info.data.get("kind", "vm"))


def _job_size(value: Any, info: ValidationInfo) -> str:
    return size(value, cloud_of(info), "job")


NotebookSize = Annotated[str, BeforeValidator(_notebook_size)]
JobSize = Annotated[str, BeforeValidator(_job_size)]
Project = Annotated[str, BeforeValidator(_project)]
Region = Annotated[str, BeforeValidator(_region)]
