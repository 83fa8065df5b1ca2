"""What stops the notebooks of a lab that is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pulumi
from pulumi_gcp import cloudscheduler, compute

from components.contracts import LabArgs, NotebookArgs, child
from components.gcp import access, scheduler
from components.gcp.cluster import Cluster
from components.gcp.network import Network
from components.gcp.registry import Registry
from components.gcp.services import enable
from components.gcp.stops import (
    STOPPER,
    TRY_SECONDS,
    End,
    InstanceRef,
    midnight_after,
    stop_address,
)
from components.gcp.storage import Storage


class HourlyEnd:
    """Stops machines every hour from the end of the last day on, by a job of Cloud Scheduler each.

    For machines with disks that do not outlive a stop: an instance schedule cannot stop these,
    since it cannot say that the disks may go. A job knows no first day; so it runs from the
    beginning, and its account has no right to stop anything before the end. Until then every call
    is refused, which the job shows as a failure.

    Args:
        parent: the notebook role, whose children all resources are.
    Cost: 0.10 USD a month for each machine (Nov 2026).
    Source: https://cloud.google.com/compute/docs/disks/local-ssd#stop_instance,
        https://cloud.google.com/iam/docs/conditions-overview#date-time,
        https://cloud.google.com/iam/docs/conditions-resource-attributes
    """

    def __init__(
        self, parent: pulumi.Resource, name: str, lab: LabArgs, last: date, network: Network
    ) -> None:
        self._parent, self._name, self._lab = parent, name, lab
        self._after = midnight_after(last, lab.time_zone)
        self._apis = [*network.apis, *enable(parent, f"{name}-end", "cloudscheduler")]
        self._account = access.account(
            parent,
            f"{name}-ender",
            lab,
            "ender",
            "stops the notebooks at the end",
            after=self._apis,
        )

    def stop(self, seat: str, ref: InstanceRef) -> None:
        """Stop this machine."""
        name = f"{self._name}-{seat}-end"
        allowed = compute.InstanceIAMMember(
            f"{name}-access",
            project=ref.project,
            zone=ref.zone,
            instance_name=ref.name,
            role=STOPPER,
            member=self._account.member,
            condition={
                "title": "the lab is over",
                "expression": f'request.time >= timestamp("{self._after}")',
            },
            opts=child(self._parent, replacement_trigger=ref.made, delete_before_replace=True),
        )
        cloudscheduler.Job(
            name,
            region=scheduler.location(self._lab.region),
            description=f"Stops the notebook of {seat} when the lab is over",
            schedule="0 * * * *",
            time_zone=self._lab.time_zone,
            attempt_deadline=f"{TRY_SECONDS}s",
            http_target={
                "uri": stop_address(ref),
                "http_method": "POST",
                "oauth_token": {"service_account_email": self._account.email},
            },
            opts=child(self._parent, depends_on=[*self._apis, allowed]),
        )


def ends(
    parent: pulumi.Resource,
    name: str,
    args: NotebookArgs[Network, Storage, Registry, Cluster],
    *,
    discard: bool,
) -> Sequence[End | HourlyEnd]:
    """What stops the machines of a lab with a last day; nothing for one without.

    Args:
        discard: they have disks that do not outlive a stop.
    """
    lab = args.lab
    if lab.ends is None:
        return []
    if discard:
        return [HourlyEnd(parent, name, lab, lab.ends, args.network)]
    return [End(parent, name, lab, lab.ends, args.network, args.storage.bucket)]
