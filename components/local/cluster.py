"""Cluster on this machine: a queue that runs jobs one after the other, Slurm or our own."""

from __future__ import annotations

import os
import shutil

import pulumi

from components import contracts
from components.contracts import ClusterArgs, child, publish
from components.local.network import Network
from components.local.registry import Registry
from components.local.resources import Folder, Server, control
from components.local.storage import Storage

SLURM, PROCESSES, AUTO = "slurm", "processes", "auto"
DAEMONS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where daemons are, and the PATH of people who are not root does not look."""
SERVICES = {SLURM: "slurm", PROCESSES: "queue"}

Args = ClusterArgs[Network, Storage, Registry]


class Cluster(pulumi.ComponentResource):
    """A queue for jobs, which are processes of this machine's user: no containers, no other nodes.

    Args:
        args: `max_nodes`: jobs that run at the same time. `machine.gpus`: GPUs of each.
            `max_job_hours`: a job that runs longer is ended. `spot` has no meaning here.
        queue: `slurm`, `processes` (our own: first come, first served), or `auto`: Slurm where it
            is installed.
    Outputs:
        id: of the queue. submit: {kind: `slurm` or `processes`, argv, stdin}. max_nodes.
    Cost: this machine's power, while a job runs.
    Source: https://slurm.schedmd.com/quickstart_admin.html
    """

    id: pulumi.Output[str]
    submit: pulumi.Output[dict[str, object]]
    max_nodes: pulumi.Output[int]

    def __init__(
        self,
        name: str,
        args: Args,
        opts: pulumi.ResourceOptions | None = None,
        *,
        queue: str = AUTO,
    ) -> None:
        super().__init__("mllab:local:Cluster", name, None, opts)
        lab = args.network.folder
        kind = queue if queue != AUTO else SLURM if has_slurm() else PROCESSES
        # Results of jobs are in it, so it goes only when it is named.
        jobs = Folder(
            f"{name}-jobs",
            "jobs",
            force_destroy=args.storage.forced,
            opts=child(self, depends_on=[lab]),
        )
        settings = {
            "jobs": jobs.location,
            "slots": args.max_nodes,
            "gpu_count": args.machine.gpus,
            "hours": args.max_job_hours,
            "environment": args.storage.environment,
        }
        server = f"{name}-queue"
        Server(server, SERVICES[kind], settings, child(self))
        self.id = pulumi.Output.from_input(server)
        command = control("submit", lab.location, server, "--", "python", "train.py")
        self.submit = pulumi.Output.from_input({"kind": kind, "argv": [*command], "stdin": ""})
        self.max_nodes = pulumi.Output.from_input(args.max_nodes)
        publish(self, contracts.Cluster)


def has_slurm() -> bool:
    """Whether Slurm's programs are installed, or unpacked in the folder that MLLAB_SLURM names."""
    search = os.pathsep.join((os.environ.get("PATH", os.defpath), *DAEMONS))
    return bool(os.environ.get("MLLAB_SLURM") or shutil.which("slurmctld", path=search))
