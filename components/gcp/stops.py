"""What stops a notebook from outside, whatever goes wrong on it: schedules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pulumi
from pulumi_gcp import cloudscheduler, compute, projects, storage

from components.contracts import LabArgs, child
from components.gcp import access, scheduler
from components.gcp.network import Network
from components.gcp.services import enable

TRIES = 3
TRY_SECONDS = 60
LONGEST_ROLE = 64  # characters of a role's id
STOPPER = "roles/compute.instanceAdmin.v1"
"""The narrowest of Google's own roles that may stop a machine, and read its guest attributes; given
on the one machine only."""


class InstanceRef(NamedTuple):
    """A machine to stop, as Compute Engine knows it.

    Args:
        made: changes when the machine is made anew; rights and schedules went with the old one.
        discard: it has disks that do not outlive a stop, and must be stopped nevertheless.
    """

    name: pulumi.Output[str]
    zone: pulumi.Output[str]
    project: pulumi.Output[str]
    made: pulumi.Output[str]
    discard: bool


class Stopper:
    """The account that stops machines from outside, and the jobs of Cloud Scheduler that act in it:
    every day at a time of the lab's time zone, and the watch.

    Not an instance schedule: a machine follows one of these only, and it is needed for the end.

    Args:
        parent: the notebook role, whose children all resources are.
        at: when machines stop every day; None for never.
    Source: https://cloud.google.com/scheduler/docs/http-target-auth,
        https://cloud.google.com/compute/docs/reference/rest/v1/instances/stop
    """

    def __init__(
        self, parent: pulumi.Resource, name: str, lab: LabArgs, at: time | None, network: Network
    ) -> None:
        self._parent, self._name, self._lab, self._at = parent, name, lab, at
        self.apis = [*network.apis, *enable(parent, name, "cloudscheduler")]
        self.account = access.account(
            parent, f"{name}-stopper", lab, "stopper", "stops the notebooks", after=self.apis
        )

    def stop(self, seat: str, ref: InstanceRef) -> None:
        """Let the account stop this machine and hear its signs of life, and stop it every day."""
        allowed = compute.InstanceIAMMember(
            f"{self._name}-{seat}-stopper-access",
            project=ref.project,
            zone=ref.zone,
            instance_name=ref.name,
            role=STOPPER,
            member=self.account.member,
            opts=child(self._parent, replacement_trigger=ref.made, delete_before_replace=True),
        )
        if self._at is not None:
            self.job(
                f"{seat}-daily",
                f"Stops the notebook of {seat}",
                f"{self._at.minute} {self._at.hour} * * *",
                {"uri": stop_address(ref)},
                [allowed],
            )

    def job(
        self,
        what: str,
        description: str,
        schedule: str,
        call: cloudscheduler.JobHttpTargetArgsDict,
        after: Sequence[pulumi.Resource],
    ) -> None:
        """Post to an address at times, as the account.

        Args:
            schedule: five fields of cron. call: its address and, in base64, its body.
        """
        cloudscheduler.Job(
            f"{self._name}-{what}",
            region=scheduler.location(self._lab.region),
            description=description,
            schedule=schedule,
            time_zone=self._lab.time_zone,
            attempt_deadline=f"{TRY_SECONDS}s",
            retry_config={"retry_count": TRIES},
            http_target={
                **call,
                "http_method": "POST",
                "oauth_token": {"service_account_email": self.account.email},
            },
            opts=child(self._parent, depends_on=[*self.apis, *after]),
        )


class End:
    """Stops machines when the last day is over, and every hour from then on, by one instance
    schedule for all.

    A single stop would hold only until somebody starts the machine again. Google carries schedules
    out up to 15 minutes late, and never starts a machine here.

    Args:
        parent: the notebook role, whose children all resources are.
        bucket: the lab's own; knows the project's number, and has a name that was never used.
    Source: https://cloud.google.com/compute/docs/instances/schedule-instance-start-stop,
        https://github.com/hashicorp/terraform-provider-google/issues/11899,
        https://cloud.google.com/iam/docs/creating-custom-roles#deleting-custom-role
    """

    def __init__(
        self,
        parent: pulumi.Resource,
        name: str,
        lab: LabArgs,
        last: date,
        network: Network,
        bucket: storage.Bucket,
    ) -> None:
        self._parent, self._name = parent, name
        # A role of the lab's own: of one that two labs gave, the first to go would take the right
        # from both, and the other's machines would not stop any more.
        role = projects.IAMCustomRole(
            f"{name}-schedule-role",
            role_id=bucket.name.apply(_role_id),
            title=f"mllab {lab.name}: stops the notebooks"[:100],
            permissions=["compute.instances.start", "compute.instances.stop"],  # it asks for both
            opts=child(parent, depends_on=network.apis),
        )
        allowed = projects.IAMMember(
            f"{name}-schedule-access",
            project=bucket.project,
            role=role.name,
            member=bucket.project_number.apply(_service_agent),
            opts=child(parent),
        )
        self._policy = compute.ResourcePolicy(
            f"{name}-end",
            region=lab.region,
            description="Stops the notebooks of a lab that is over",
            instance_schedule_policy={
                "time_zone": lab.time_zone,
                "start_time": midnight_after(last, lab.time_zone),
                "vm_stop_schedule": {"schedule": "0 * * * *"},
            },
            opts=child(parent, depends_on=[allowed]),
        )

    def stop(self, seat: str, ref: InstanceRef) -> None:
        """Stop this machine."""
        compute.ResourcePolicyAttachment(
            f"{self._name}-{seat}-end",
            name=self._policy.name,  # of the policy; the attachment has none of its own
            project=ref.project,
            zone=ref.zone,
            instance=ref.name,
            opts=child(self._parent, replacement_trigger=ref.made, delete_before_replace=True),
        )


def _role_id(bucket: str) -> str:
    """An id that no lab had before: Google blocks that of a deleted role for 37 days. The end of
    the bucket's name is made up anew whenever a lab is."""
    return "mllab_" + re.sub(r"[^a-z0-9]", "_", bucket)[-(LONGEST_ROLE - len("mllab_")) :]


def _service_agent(number: float) -> str:
    """Who carries instance schedules out. Its address is made of the number: the look-up of service
    identities answers with nothing for some services."""
    return f"serviceAccount:service-{int(number)}@compute-system.iam.gserviceaccount.com"


def stop_address(ref: InstanceRef) -> pulumi.Output[str]:
    """What to call to stop a machine."""
    return pulumi.Output.concat(
        "https://compute.googleapis.com/compute/v1/projects/",
        ref.project,
        "/zones/",
        ref.zone,
        "/instances/",
        ref.name,
        stop_call(ref.discard),
    )


def stop_call(discard: bool) -> str:
    """How the address of a machine ends that stops it."""
    return "/stop?discardLocalSsd=true" if discard else "/stop"


def midnight_after(last: date, time_zone: str) -> str:
    """The end of a day in a time zone, as Google takes it."""
    midnight = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(time_zone))
    return midnight.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
