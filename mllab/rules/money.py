"""Rules of every cloud about what is billed: what runs for ever, and who stops it.

No scanner has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from components import catalog
from mllab.engines.contract import Resource
from mllab.rules.finding import STACK, Break, Graph
from mllab.rules.paths import GONE, one
from mllab.rules.values import Set, Where, every, must, never, rule

_AWS_NODES: Final = "aws:batch/computeEnvironment:ComputeEnvironment"
_AWS_JOB: Final = "aws:batch/jobDefinition:JobDefinition"
_AZURE_COMPUTE: Final = "azure-native:machinelearningservices:Compute"
_SCALE: Final = "properties.properties.scaleSettings"
_GCP_NAT: Final = "gcp:compute/routerNat:RouterNat"
_BUDGETS: Final = (
    "aws:budgets/budget:Budget",
    "azure-native:consumption:Budget",
    "gcp:billing/budget:Budget",
)
_MACHINES: Final = {
    "aws:ec2/instance:Instance": ("tags.idle-minutes", "tags.max-hours"),
    "aws:sagemaker/notebookInstance:NotebookInstance": ("tags.idle-minutes", "tags.max-hours"),
    "azure-native:compute:VirtualMachine": ("tags.idle-minutes", "tags.max-hours"),
    "gcp:compute/instance:Instance": ("metadata.idle-minutes", "metadata.max-hours"),
    "gcp:workbench/instance:Instance": ("gceSetup.metadata.idle-timeout-seconds",),
}
"""Type of a machine that people work on -> what tells whoever stops it when to."""

_STOPS: Final = {
    "aws:ec2/instance:Instance": ("aws:scheduler/schedule:Schedule", "target"),
    "aws:sagemaker/notebookInstance:NotebookInstance": (
        "aws:scheduler/schedule:Schedule",
        "target",
    ),
    "azure-native:compute:VirtualMachine": (
        "azure-native:devtestlab:GlobalSchedule",
        "targetResourceId",
    ),
    "gcp:compute/instance:Instance": ("gcp:cloudscheduler/job:Job", "httpTarget"),
    "gcp:workbench/instance:Instance": ("gcp:cloudscheduler/job:Job", "httpTarget"),
}
"""Type of a machine -> type of what stops it every day, and its property that names the machine."""

_WATCHES: Final = (
    "aws:lambda/function:Function",
    "azure-native:logic:Workflow",
    "gcp:workflows/workflow:Workflow",
)
"""What looks at machines from outside, and stops those that nobody uses."""


def _limited(resource: Resource, graph: Graph) -> Iterable[str]:
    """No more machines than the settings say, counted in processors where the cloud does."""
    most = graph.lab.cluster.max_nodes
    if resource.type == _AWS_NODES:
        path = "computeResources.maxVcpus"
        machine = catalog.machine(graph.lab.lab.cloud, graph.lab.cluster.size, "job")
        most *= machine.vcpus
    elif one(resource.inputs, "properties.computeType") == "AmlCompute":
        path = f"{_SCALE}.maxNodeCount"
    else:
        return
    found = one(resource.inputs, path)
    if found is GONE or found > most:
        yield f"{path.rpartition('.')[2]} is {found}, cluster.max_nodes comes to {most}"


def _budget(_: Resource, graph: Graph) -> Iterable[str]:
    if graph.lab.own.budgeted and not graph.of(*_BUDGETS):
        yield "no budget is declared, although the settings give one"


def _watched(_: Resource, graph: Graph) -> Iterable[str]:
    if graph.of(*_MACHINES) and not graph.of(*_WATCHES):
        yield "nothing outside the machines stops those that nobody uses"


def _stopped_daily(resource: Resource, graph: Graph) -> Iterable[str]:
    of, by = _STOPS[resource.type]
    if graph.lab.notebook.stop_at and not graph.about(resource, of, by):
        yield "nothing stops it at notebook.stop_at"


def _limits(resource: Resource, _: Graph) -> Iterable[str]:
    for path in _MACHINES[resource.type]:
        if one(resource.inputs, path) is GONE:
            yield f"{path} is not set"


def _retries(resource: Resource, _: Graph) -> Iterable[str]:
    attempts = one(resource.inputs, "retryStrategy.attempts")
    if attempts is not GONE and attempts > 5:
        yield f"retry_strategy.attempts is {attempts}, it must be 5 or less"


def _nat(resource: Resource, graph: Graph) -> Iterable[str]:
    if graph.lab.gcp.egress != "nat":
        yield "it is billed by the hour, and gcp.egress does not ask for it"


RULES: Final = (
    rule("cost-nodes-none-idle", (_AWS_NODES,),
         every(must("computeResources.minVcpus", 0),
               never("computeResources.desiredVcpus", *range(1, 100))),
         "machines run while there is no job"),
    rule("cost-nodes-none-idle-azure", _AZURE_COMPUTE,
         Where("properties.computeType", "AmlCompute", must(f"{_SCALE}.minNodeCount", 0)),
         "machines run while there is no job"),
    rule("cost-nodes-limited", (_AWS_NODES, _AZURE_COMPUTE), _limited,
         "one wrong loop makes as many machines as the quota allows",
         fix="set the most to what cluster.max_nodes says", setting="cluster.max_nodes",
         wrong=[Break({"computeResources.maxVcpus": 100_000}, _AWS_NODES),
                Break({f"{_SCALE}.maxNodeCount": 1000}, _AZURE_COMPUTE)]),
    rule("cost-job-ends", _AWS_JOB, Set("timeout.attemptDurationSeconds"),
         "a job that hangs is billed until somebody looks", setting="cluster.max_job_hours"),
    rule("cost-job-tries", _AWS_JOB, _retries, "a job that fails is paid for again and again",
         fix="set retry_strategy.attempts to 5 or less",
         wrong=[Break({"retryStrategy.attempts": 10})]),
    rule("cost-endpoint-gateways", "aws:ec2/vpcEndpoint:VpcEndpoint",
         must("vpcEndpointType", "Gateway"), "others are billed by the hour, in every zone"),
    rule("cost-bastion-developer", "azure-native:network:BastionHost",
         must("sku.name", "Developer"), "others are billed by the hour"),
    rule("cost-nat-asked-for", _GCP_NAT, _nat, "it is billed by the hour",
         fix="take it out, or set gcp.egress to nat", setting="gcp.egress",
         wrong=[Break({"name": "x"})]),
    rule("cost-budget", STACK, _budget, "nobody is told what is spent",
         fix="declare the budget role", setting="budget.limit_usd",
         wrong=[Break(of=each) for each in _BUDGETS]),
    rule("cost-watch", STACK, _watched,
         "a machine whose own stop fails is billed until somebody looks",
         fix="declare the notebook role's watch", wrong=[Break(of=each) for each in _WATCHES]),
    rule("cost-machine-limits", tuple(_MACHINES), _limits,
         "who stops machines does not know when to",
         fix="hand on notebook.idle_minutes and notebook.max_hours",
         wrong=[Break({path: GONE}, of) for of, paths in _MACHINES.items() for path in paths]),
    rule("cost-managed-idle", _AZURE_COMPUTE,
         Where("properties.computeType", "ComputeInstance",
               Set("properties.properties.idleTimeBeforeShutdown")),
         "nothing stops it when nobody uses it", setting="notebook.idle_minutes"),
    rule("cost-daily-stop", tuple(_STOPS), _stopped_daily,
         "a machine that is forgotten is billed over the weekend",
         fix="declare what stops it", setting="notebook.stop_at",
         wrong=[Break(of=each) for each in dict.fromkeys(of for of, _ in _STOPS.values())]),
)  # fmt: skip
