"""What stops notebooks from outside, whatever goes wrong on them: workflows and schedules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pulumi
from pulumi_azure_native import compute, devtestlab, logic, resources, storage

from components.azure import access
from components.azure.time_zones import windows_name
from components.contracts import LabArgs, NotebookArgs, child
from components.tags import named

_HERE = Path(__file__).parent / "files"

TABLE = "signs"
LATE_MINUTES = 30  # the machine itself stops first, and has the time to do it properly


@dataclass(frozen=True)
class Signs:
    """Where machines leave signs of life: a table of the lab's storage account, a row per seat.

    A table and not a blob or a tag: one call reads it all, blobs would count as people's data, and
    a machine that may change its tags may change its limits. Machines share the identity that may
    write it, as they share the lab's data: one could speak for another, and keep it so until its
    longest time.

    Source: https://learn.microsoft.com/azure/storage/tables/authorize-access-azure-active-directory
    """

    table: storage.Table
    address: pulumi.Output[str]


def signs(
    parent: pulumi.Resource,
    name: str,
    group: resources.ResourceGroup,
    account: storage.StorageAccount,
) -> Signs:
    """Make the table, and tell its address."""
    table = storage.Table(
        f"{name}-signs",
        table_name=TABLE,
        account_name=account.name,
        resource_group_name=group.name,
        opts=child(parent, deleted_with=account),
    )
    address = pulumi.Output.concat("https://", account.name, ".table.core.windows.net/", table.name)
    return Signs(table, address)


class Stops:
    """The stops of a lab: they find the notebooks by themselves, so no seat is named in them.

    Args:
        parent: the notebook role, whose children all resources are.
    Source: https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language,
        https://learn.microsoft.com/azure/logic-apps/authenticate-with-managed-identity
    """

    def __init__(
        self,
        parent: pulumi.Resource,
        name: str,
        lab: LabArgs,
        group: resources.ResourceGroup,
        labels: Mapping[str, str],
    ) -> None:
        self._parent, self._name, self._lab = parent, name, lab
        self._group, self._labels = group, labels

    def watch(self, args: NotebookArgs[Any, Any, Any, Any], signs: Signs) -> None:
        """Deallocate machines that give no sign of life, and those that are up for too long.

        What counts as use is decided on the machine: this acts where no sign claimed any for twice
        the idle time, and the processors were quiet, too; half an hour after the longest time,
        counted from what Azure last did to the machine; and where one was only shut down, which
        Azure bills.
        """
        watch = self._workflow(
            "idle",
            _definition("stop-idle.json"),
            group=("String", self._group.id),
            signs=("String", signs.address),
            minutes=("Int", 2 * args.idle_minutes),
            late=("Int", 60 * args.max_hours + LATE_MINUTES),
            percent=("Float", args.quiet_percent),
        )
        self._allow(watch, "idle-power", access.POWER, self._group.id)
        self._allow(watch, "idle-metrics", access.METRICS, self._group.id)
        self._allow(watch, "idle-signs", access.TABLE_READ, signs.table.id)

    def machines_after(self, last: date) -> None:
        """Deallocate all machines when that day is over, and every hour from then on.

        A single stop would hold only until somebody starts a machine again.
        """
        definition = self._from("stop-machines.json", last)
        end = self._workflow("end", definition, group=("String", self._group.id))
        self._allow(end, "end-power", access.POWER, self._group.id)

    def instances_after(self, last: date, workspace: pulumi.Input[str]) -> None:
        """The same for the compute instances of an Azure ML workspace.

        By a name of its own: on the way from one kind to the other the new workflow is made before
        the notebooks are, and the old one goes when all of them are there.
        """
        definition = self._from("stop-instances.json", last)
        end = self._workflow("managed-end", definition, workspace=("String", workspace))
        self._allow(end, "managed-end-power", access.ML_COMPUTE, workspace)

    def instances_daily(self, at: time, workspace: pulumi.Input[str]) -> None:
        """Stop the compute instances of a workspace every day at that time of the lab's time zone.

        Not by schedules of their own, which Azure ML changes as little as anything of an instance.
        Source: https://learn.microsoft.com/azure/connectors/connectors-native-recurrence
        """
        definition = _definition("stop-instances.json")
        (trigger,) = definition["triggers"].values()
        trigger["recurrence"] = {
            "frequency": "Day",
            "interval": 1,
            "timeZone": windows_name(self._lab.time_zone),
            "schedule": {"hours": [str(at.hour)], "minutes": [at.minute]},
        }
        definition["triggers"] = {"daily": trigger}
        daily = self._workflow("daily", definition, workspace=("String", workspace))
        self._allow(daily, "daily-power", access.ML_COMPUTE, workspace)

    def instances_limits(
        self, args: NotebookArgs[Any, Any, Any, Any], workspace: pulumi.Input[str]
    ) -> None:
        """Hold the compute instances of a workspace to the limits that count now, every hour.

        The idle time is the one thing about an instance that can be changed, though not by
        declaring it. A longest time it has none: stopped is what its last operation (a start, as
        long as it runs) lies further back than that. A stop that failed is an operation, too, from
        which time would count anew: it is repeated, but not where Azure found the instance idle,
        for somebody may have come back to it since.

        Source: https://learn.microsoft.com/azure/machine-learning/how-to-create-compute-instance,
            https://learn.microsoft.com/rest/api/azureml/compute/list (ComputeInstanceLastOperation,
            operationStatus StopFailed, operationTrigger IdleShutdown)
        """
        limits = self._workflow(
            "limits",
            _definition("limit-instances.json"),
            workspace=("String", workspace),
            idle=("String", iso_minutes(args.idle_minutes)),
            longest=("Int", 60 * args.max_hours),
        )
        self._allow(limits, "limits-change", access.ML_COMPUTE, workspace)

    def daily(
        self, seat: str, machine: compute.VirtualMachine, at: time, labels: Mapping[str, str]
    ) -> None:
        """Deallocate a machine every day at that time of the lab's time zone.

        Source: https://learn.microsoft.com/azure/virtual-machines/auto-shutdown-vm
        """
        devtestlab.GlobalSchedule(
            f"{self._name}-{seat}-daily",
            name=machine.name.apply("shutdown-computevm-{}".format),  # Azure takes no other
            resource_group_name=self._group.name,
            task_type="ComputeVmShutdownTask",
            status="Enabled",
            daily_recurrence={"time": f"{at:%H%M}"},
            time_zone_id=windows_name(self._lab.time_zone),
            target_resource_id=machine.id,
            notification_settings={"status": "Disabled"},
            tags=named(labels, f"{self._name}-{seat}-daily"),
            opts=child(self._parent, deleted_with=self._group),
        )

    def _from(self, file: str, last: date) -> dict[str, Any]:
        """An hourly workflow that begins when the day is over."""
        midnight = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(self._lab.time_zone))
        definition = _definition(file)
        recurrence = definition["triggers"]["hourly"]["recurrence"]
        recurrence["startTime"] = midnight.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return definition

    def _workflow(
        self, what: str, definition: dict[str, Any], **values: tuple[str, pulumi.Input[Any]]
    ) -> logic.Workflow:
        return logic.Workflow(
            f"{self._name}-{what}",
            resource_group_name=self._group.name,
            identity={"type": "SystemAssigned"},
            state="Enabled",
            definition=definition,
            parameters={
                key: {"type": kind, "value": value} for key, (kind, value) in values.items()
            },
            tags=named(self._labels, f"{self._name}-{what}"),
            opts=child(self._parent, deleted_with=self._group),
        )

    def _allow(
        self, workflow: logic.Workflow, what: str, role: str, scope: pulumi.Input[str]
    ) -> None:
        principal = workflow.identity.apply(lambda own: own.principal_id if own else "")
        access.grant(self._parent, f"{self._name}-{what}", self._group, role, principal, scope)


def iso_minutes(minutes: int) -> str:
    """A time as Azure ML writes it."""
    return f"PT{minutes}M"


def _definition(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_HERE / file).read_bytes())
    return found
