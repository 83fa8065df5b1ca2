"""What the six roles take and give, the same on every cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Generic, Protocol, TypeVar

import pulumi

from components.catalog import Machine

QUIET_PERCENT = 5.0
"""Processors below this share do nothing."""


class Unsupported(Exception):
    """A wish that the cloud cannot fulfil; the message names it, the reason and the alternative.

    Not a ValueError: the SDK rewrites the text of those that are raised inside an output.
    """


# ---------------------------------------------------------------------- outputs, a class per role


class Network(Protocol):
    """Outputs: `id` of the virtual network, `subnet_ids` as a list."""

    id: pulumi.Output[str]
    subnet_ids: pulumi.Output[list[str]]


class Storage(Protocol):
    """Outputs: `name` of the bucket, `uri` (`s3://name`, `gs://name`, `https://...`; no slash at
    the end), `mounts` (list of {kind, source, path, options}; empty without any)."""

    name: pulumi.Output[str]
    uri: pulumi.Output[str]
    mounts: pulumi.Output[list[dict[str, str]]]


class Registry(Protocol):
    """Outputs: `uri` to push to, `login_command`."""

    uri: pulumi.Output[str]
    login_command: pulumi.Output[str]


class Notebook(Protocol):
    """Outputs: `seats`: for each seat {id, connect, token, start, stop}, made by `seats.py`.

    `connect` is {kind, argv, url, reason, tool}, the others are {argv}: a program and its
    arguments, where `{port}` stands for a free port of the computer that runs it.
        kind `tunnel`: while `argv` runs, JupyterLab is at `url`; without one, `token` prints it.
        kind `url`: `argv` prints the address. kind `none`: there is no way, `reason` says why.
        tool: a program that `argv` needs besides its own; mostly empty.
    """

    seats: pulumi.Output[dict[str, dict[str, Any]]]


STRICT_UNDELETE_DAYS = 30

JOB_FOLDER = "/app"
JOB_COMMAND = "python train.py"


class Cluster(Protocol):
    """Outputs: `id`, `submit` ({kind, argv, stdin, and all that a submission needs}), `max_nodes`.

    `argv` submits a first job; it reads `stdin`, which is empty where it needs none.

    A container job means the same everywhere: it runs the image's own command in the image's own
    working directory, where the code is, and finds the bucket's address in LAB_BUCKET. Azure ML
    knows neither of an image: there it is `python train.py` in `/app`, unless the image names
    others as LAB_COMMAND and LAB_CODE. An image that says `WORKDIR /app` and
    `CMD ["python", "train.py"]` runs alike on every cloud.
    """

    id: pulumi.Output[str]
    submit: pulumi.Output[dict[str, Any]]
    max_nodes: pulumi.Output[int]


class Budget(Protocol):
    """Outputs: `id`, `limit_usd`, `notify` (list of e-mail addresses)."""

    id: pulumi.Output[str]
    limit_usd: pulumi.Output[float]
    notify: pulumi.Output[list[str]]


# ------------------------------------------------------------------------------------- arguments

# Each cloud fills these with its own classes, so that its roles may hand each other more than the
# contract names. What only one cloud can be asked for is a keyword of its own classes; whoever
# chooses the cloud binds it (`mllab/program.py`).
NetworkT = TypeVar("NetworkT")
StorageT = TypeVar("StorageT")
RegistryT = TypeVar("RegistryT")
ClusterT = TypeVar("ClusterT")


@dataclass(frozen=True, kw_only=True)
class LabArgs:
    """What every role knows of the lab it belongs to.

    Args:
        name: prefix of every logical name, `[a-z][a-z0-9-]{0,29}`; by default the stack's name.
        stack: Pulumi's stack name.
        owner: e-mail address of the person who answers for the lab.
        profile: `course` (cheap, clean teardown) or `strict` (security baseline first).
        region: the cloud's own name of the region.
        ends: last day, machines stop at its end; None for a lab without an end.
        time_zone: IANA name that `ends` and daily stops are meant in.
    """

    name: str
    stack: str
    owner: str
    profile: str
    region: str
    time_zone: str
    ends: date | None = None

    @property
    def strict(self) -> bool:
        """The security baseline goes before the price."""
        return self.profile == "strict"


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Where machines can start.

    Args:
        machines: sizes that must be able to start in each of the chosen zones.
        keep: what data cannot be read without blocks a destroy.
        files: there is a shared file system, which machines must reach.
    """

    lab: LabArgs
    machines: tuple[Machine, ...]
    keep: bool
    files: bool


@dataclass(frozen=True, kw_only=True)
class StorageArgs(Generic[NetworkT]):
    """Where data lives.

    Args:
        files: a shared file system besides the bucket.
        keep: data blocks a destroy.
        undelete_days: days a deleted or overwritten object can be restored, and is billed; 0: none.
    """

    lab: LabArgs
    network: NetworkT
    files: bool
    keep: bool
    undelete_days: int

    @property
    def kept_days(self) -> int:
        """`undelete_days`, in profile `strict` at least a month."""
        return max(self.undelete_days, STRICT_UNDELETE_DAYS if self.lab.strict else 0)


@dataclass(frozen=True, kw_only=True)
class RegistryArgs(Generic[NetworkT]):
    """Where container images live.

    Args:
        network: where the lab is; a cloud may hold or enable there what all roles need.
        keep_images: newest images that survive the clean-up.
    """

    lab: LabArgs
    network: NetworkT
    keep_images: int


@dataclass(frozen=True, kw_only=True)
class NotebookArgs(Generic[NetworkT, StorageT, RegistryT, ClusterT]):
    """The machines people work on.

    Args:
        cluster: on one cloud managed notebooks are part of what it makes.
        machine: the size, resolved.
        disk_gb: system disk. home_gb: home disk, one per seat, survives a rebuild.
        keep: a home disk blocks a destroy.
        seats: one notebook each; names are keys, never indexes.
        idle_minutes: nothing used for so long stops the machine.
        max_hours: longest time it stays up at a stretch.
        stop_at: local time of the daily stop; None for none.
    """

    lab: LabArgs
    network: NetworkT
    storage: StorageT
    registry: RegistryT
    cluster: ClusterT
    machine: Machine
    disk_gb: int
    home_gb: int
    keep: bool
    seats: tuple[str, ...]
    idle_minutes: int
    max_hours: int
    stop_at: time | None

    @property
    def limits(self) -> dict[str, str]:
        """The limits that can change while a machine runs, as what it reads them from: its tags."""
        return {"idle-minutes": str(self.idle_minutes), "max-hours": str(self.max_hours)}

    @property
    def quiet_percent(self) -> float:
        """Processors below this share are quiet: half of one counts as busy on a large machine."""
        return round(min(QUIET_PERCENT, 50 / self.machine.vcpus), 2)


@dataclass(frozen=True, kw_only=True)
class ClusterArgs(Generic[NetworkT, StorageT, RegistryT]):
    """The machines that take jobs.

    Args:
        machine: the size of one node. max_nodes: ceiling; the floor is 0.
        spot: interruptible machines. max_job_hours: a job that runs longer is ended.
    """

    lab: LabArgs
    network: NetworkT
    storage: StorageT
    registry: RegistryT
    machine: Machine
    max_nodes: int
    spot: bool
    max_job_hours: int


@dataclass(frozen=True, kw_only=True)
class BudgetArgs(Generic[NetworkT]):
    """Who is told when what is spent.

    Args:
        network: see RegistryArgs.
        limit_usd: per `per` (`month`, `quarter`, `year`).
        warn_percent: alerts at these shares of the limit. notify: e-mail addresses.
    """

    lab: LabArgs
    network: NetworkT
    limit_usd: float
    per: str
    warn_percent: tuple[int, ...]
    notify: tuple[str, ...]


# --------------------------------------------------------------------------------------- helpers


def child(parent: pulumi.Resource, **extra: Any) -> pulumi.ResourceOptions:
    """Options of a child: its parent and what the call names, nothing of the caller's options."""
    return pulumi.ResourceOptions(parent=parent, **extra)


def publish(part: pulumi.ComponentResource, contract: type) -> None:
    """Register every output that the contract names. AttributeError if one was forgotten."""
    part.register_outputs(outputs(part, contract))


def outputs(part: object, contract: type) -> Mapping[str, Any]:
    """The contract's outputs of a role, by name."""
    return {key: getattr(part, key) for key in contract.__annotations__}
