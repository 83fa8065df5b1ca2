"""The watch over notebooks from outside: a workflow that looks whether they live."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi_gcp import workflows

from components.contracts import NotebookArgs, child
from components.gcp import access, scheduler
from components.gcp.services import enable
from components.gcp.stops import Stopper, stop_call
from components.tags import named, tags

_SOURCE = Path(__file__).parent / "files" / "watch.yaml"
EVERY = "*/30 * * * *"
RIGHTS = {
    "machines": "roles/compute.viewer",
    "load": "roles/monitoring.viewer",
    "calls": "roles/workflows.invoker",
    "log": "roles/logging.logWriter",
}
"""What the watch may do in the project: list machines, read how busy they were, run, and write down
what it stopped. It changes nothing by them; to stop is given on each machine."""


def watch(
    parent: pulumi.Resource,
    name: str,
    args: NotebookArgs[Any, Any, Any, Any],
    stopper: Stopper,
    zones: Sequence[str],
    *,
    signs: bool,
    discard: bool,
) -> None:
    """Look every half an hour at the machines that run, and stop the silent and the late ones.

    A machine gives signs of life as guest attributes: it may write its own and no other, without
    any right in the project. It asks for the running ones only, so that a lab where nobody works
    costs two cents a month, and each machine-hour 0.0002 USD.

    Args:
        parent: the notebook role, whose children all resources are.
        zones: where the machines may be. signs: they give some. discard: they have
            disks that do not outlive a stop.
    Source: https://cloud.google.com/workflows/docs/schedule-workflow,
        https://cloud.google.com/compute/docs/metadata/manage-guest-attributes
    """
    apis = [
        *stopper.apis,
        *enable(parent, name, "workflowexecutions", "workflows"),
    ]
    rights = [
        access.project(parent, f"{name}-stopper-{what}", stopper.account, role)
        for what, role in RIGHTS.items()
    ]
    workflow = workflows.Workflow(
        f"{name}-watch",
        region=scheduler.location(args.lab.region),  # these have both
        description="Stops notebooks that give no sign of life or are up for too long",
        service_account=stopper.account.id,
        source_contents=_SOURCE.read_text(encoding="ascii"),
        deletion_protection=False,  # it goes with the lab
        labels=named(tags(args.lab, "notebook"), f"{name}-watch"),
        opts=child(parent, depends_on=[*apis, *rights]),
    )
    told = {
        "project": args.network.project,
        "zones": list(zones),
        "account": args.network.account.email,
        # Labels of a Workbench instance are its own; its machine may have others.
        "filter": f"(status = RUNNING) AND (labels.lab = {args.lab.name})"
        if signs
        else "status = RUNNING",
        "signs": signs,
        "idle_minutes": args.idle_minutes,
        "max_hours": args.max_hours,
        "percent": args.quiet_percent,
        "stop": stop_call(discard),
    }
    body = pulumi.Output.json_dumps({"argument": pulumi.Output.json_dumps(told)})
    address = pulumi.Output.concat(
        "https://workflowexecutions.googleapis.com/v1/", workflow.id, "/executions"
    )
    stopper.job(
        # One for each kind: on the way to the other the new one is made before the seats are, and
        # the old one goes when all of them are there, so that a refused seat leaves nobody alone.
        "watch" if signs else "managed-watch",
        "Looks whether the notebooks give signs of life",
        EVERY,
        {
            "uri": address,
            "body": body.apply(lambda text: base64.b64encode(text.encode()).decode()),
        },
        [workflow],
    )
