"""GPU cluster on Google Cloud: custom jobs of Vertex AI, which bring their machines."""

from __future__ import annotations

from typing import Any

import pulumi

from components import contracts
from components.contracts import ClusterArgs, publish
from components.gcp import access
from components.gcp.network import Network
from components.gcp.registry import MUTABLE_TAG, Registry
from components.gcp.services import enable
from components.gcp.storage import Storage
from components.tags import tags

NODE_DISK_GB = 200  # images with CUDA take tens of GB
HOUR_SECONDS = 3600
STAGING = "staging"  # prefix in the bucket

Args = ClusterArgs[Network, Storage, Registry]


class Cluster(pulumi.ComponentResource):
    """What a job of Vertex AI needs: an account, and its rights on bucket and registry.

    There is no queue and no machine that waits: each job brings its own, in a project of Google's,
    and they are gone when it ends. So nothing is idle here, and nothing holds jobs back either:
    Google does not enforce `max_nodes`, it is what submissions must keep to. The hard ceiling is
    the project's quota of training GPUs, which all labs of the project share. No persistent
    resource is made: it needs a machine from the first minute on.

    Args:
        args: see ClusterArgs. `machine`: of a job's node. `spot`: jobs ask for spot machines, which
            count against a quota of their own.
    Outputs:
        id: e-mail address of the account that jobs run as. max_nodes: as asked.
        submit: {kind: `vertex-ai`, argv, stdin, project, region, staging, account,
        image_repository, image, machine_type, accelerator, gpus, vcpus, memory_gib, labels,
        strategy, max_seconds}. `argv` runs the image's own command once `image` has been pushed;
        the job finds the bucket as `/gcs/<bucket>`.
    Cost: idle 0 USD; in use the price of the machines and about a fifth more (us-central1, Nov
        2026).
    Source: https://cloud.google.com/vertex-ai/docs/training/create-custom-job,
        https://cloud.google.com/vertex-ai/docs/training/custom-service-account,
        https://cloud.google.com/vertex-ai/docs/training/schedule-jobs-dws
    """

    id: pulumi.Output[str]
    submit: pulumi.Output[dict[str, Any]]
    max_nodes: pulumi.Output[int]

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mllab:gcp:Cluster", name, None, opts)
        apis = enable(self, name, "aiplatform")
        account = access.account(
            self,
            f"{name}-account",
            args.lab,
            "cluster",
            "runs the jobs",
            after=[*args.network.apis, *apis],
        )
        access.bucket(self, f"{name}-access", args.storage.bucket, account)
        access.images(self, f"{name}-access", args.registry.repository, account, push=False)
        access.project(self, f"{name}-access-logs", account, "roles/logging.logWriter")
        image = pulumi.Output.concat(args.registry.uri, ":", MUTABLE_TAG)
        staging = pulumi.Output.concat(args.storage.uri, "/", STAGING)
        project = args.network.project
        labels = tags(args.lab, "cluster")
        self.id = account.email
        self.max_nodes = pulumi.Output.from_input(args.max_nodes)
        self.submit = pulumi.Output.all(
            kind="vertex-ai",
            # gcloud takes a timeout only in a file; JSON is YAML.
            argv=[
                *("gcloud", "ai", "custom-jobs", "create", "--project", project),
                *("--region", args.lab.region, "--display-name", "first-job"),
                *("--labels", ",".join(f"{key}={value}" for key, value in labels.items())),
                *("--config", "/dev/stdin"),
            ],
            stdin=pulumi.Output.json_dumps(_specification(args, account.email, image, staging)),
            project=project,
            region=args.lab.region,
            staging=staging,
            account=account.email,
            image_repository=args.registry.uri,
            image=image,
            machine_type=args.machine.type,
            accelerator=args.machine.accelerator,
            gpus=args.machine.gpus,
            vcpus=args.machine.vcpus,
            memory_gib=args.machine.memory_gib,
            labels=labels,
            strategy=_strategy(args),
            max_seconds=args.max_job_hours * HOUR_SECONDS,
        )
        publish(self, contracts.Cluster)


def _strategy(args: Args) -> str:
    return "SPOT" if args.spot else "STANDARD"


def _specification(
    args: Args,
    account: pulumi.Input[str],
    image: pulumi.Input[str],
    staging: pulumi.Input[str],
) -> dict[str, Any]:
    """A job on one node, as the API calls its parts."""
    machine: dict[str, Any] = {"machineType": args.machine.type}
    if args.machine.gpus:
        machine["acceleratorType"] = args.machine.accelerator
        machine["acceleratorCount"] = args.machine.gpus
    return {
        "workerPoolSpecs": [
            {
                "machineSpec": machine,
                "replicaCount": 1,
                "diskSpec": {"bootDiskType": "pd-ssd", "bootDiskSizeGb": NODE_DISK_GB},
                "containerSpec": {
                    "imageUri": image,
                    "env": [{"name": "LAB_BUCKET", "value": args.storage.uri}],
                },
            }
        ],
        # Without a timeout a job may run for seven days.
        "scheduling": {
            "timeout": f"{args.max_job_hours * HOUR_SECONDS}s",
            "strategy": _strategy(args),
            "restartJobOnWorkerRestart": False,
        },
        "serviceAccount": account,
        "baseOutputDirectory": {"outputUriPrefix": staging},
    }
