"""Rules for Google Cloud.

Source of the ids: Checkov 3.3.30 (`CKV`), trivy-checks (`GCP-`), and CIS GCP Foundation 5.0 as
Prowler maps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mllab.engines.contract import Resource
from mllab.rules.facts import Facts
from mllab.rules.finding import STRICT, Break, Graph
from mllab.rules.networks import is_public
from mllab.rules.paths import GONE, at, one
from mllab.rules.values import Set, Unset, every, must, never, rule

_MACHINE: Final = "gcp:compute/instance:Instance"
_WORKBENCH: Final = "gcp:workbench/instance:Instance"
_BUCKET: Final = "gcp:storage/bucket:Bucket"
_JOB: Final = "gcp:cloudscheduler/job:Job"
_WORKFLOW: Final = "gcp:workflows/workflow:Workflow"
_DEFAULT: Final = "1-compute@developer.gserviceaccount.com"
_IAP: Final = "35.235.240.0/20"
"""Source: https://cloud.google.com/iap/docs/using-tcp-forwarding#create-firewall-rule"""
_MEMBERS: Final = (
    "gcp:storage/bucketIAMMember:BucketIAMMember",
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
    "gcp:projects/iAMMember:IAMMember",
    "gcp:compute/instanceIAMMember:InstanceIAMMember",
)


_RUNS_AS: Final = {
    _MACHINE: "serviceAccount.email",
    _WORKBENCH: "gceSetup.serviceAccounts.*.email",
}
"""Where the account is set that a machine runs as; otherwise it is the project's default one."""


def _own_account(resource: Resource, _: Graph) -> Iterable[str]:
    for email in at(resource.inputs, _RUNS_AS[resource.type]):
        if email is GONE:
            yield "it runs as the account that whatever else is in the project runs as, too"
        elif str(email).endswith("developer.gserviceaccount.com"):
            yield f"it runs as {email}, which whatever else is in the project runs as, too"


def _nothing_from_the_internet(resource: Resource, _: Graph) -> Iterable[str]:
    if one(resource.inputs, "direction") == "EGRESS":
        return
    for source in at(resource.inputs, "sourceRanges.*"):
        ports = [port for each in at(resource.inputs, "allows.*.ports.*") for port in [each]]
        if source == _IAP and ports == ["22"]:
            continue
        if source is GONE and one(resource.inputs, "sourceServiceAccounts") is not GONE:
            continue
        if source is GONE or is_public(source):
            yield f"lets in {'everybody' if source is GONE else source}"


def _nat(_: Resource, graph: Graph) -> Iterable[str]:
    if graph.lab.gcp.egress != "nat":
        yield "it is billed by the hour, and gcp.egress does not ask for it"


FACTS: Final = Facts(
    tags="labels",
    budget="gcp:billing/budget:Budget",
    watch=_WORKFLOW,
    machines={
        _MACHINE: ("metadata.idle-minutes", "metadata.max-hours"),
        _WORKBENCH: ("gceSetup.metadata.idle-timeout-seconds",),
    },
    daily=dict.fromkeys((_MACHINE, _WORKBENCH), (_JOB, "httpTarget")),
    sizes={
        _MACHINE: ("machineType", "guestAccelerators.*.type"),
        _WORKBENCH: ("gceSetup.machineType", "gceSetup.acceleratorConfigs.*.type"),
    },
    buckets=(_BUCKET,),
    images=("gcp:artifactregistry/repository:Repository",),
    names={_BUCKET: "name", "gcp:projects/iAMCustomRole:IAMCustomRole": "roleId"},
    locks={"deletionProtection": _MACHINE},
    readable={
        _MACHINE: ("metadata", "metadataStartupScript"),
        _WORKBENCH: ("gceSetup.metadata",),
        _WORKFLOW: ("sourceContents",),
    },
    hourly=(
        *("gcp:compute/forwardingRule:ForwardingRule", "gcp:compute/address:Address"),
        *("gcp:container/cluster:Cluster", "gcp:vertex/aiEndpoint:AiEndpoint"),
    ),
    keys=("gcp:serviceaccount/key:Key",),
    held=("gcp:resourcemanager/lien:Lien",),
)

RULES: Final = (
    rule("gcp-own-account", tuple(_RUNS_AS), _own_account,
         "what gets into the machine may do what the project's default account may",
         "CKV_GCP_30, CKV_GCP_31, GCP-0044, CIS GCP 4.1, CIS GCP 4.2",
         fix="give it an account of its own", wrong=[
             Break({"serviceAccount": GONE}),
             Break({"serviceAccount.email": _DEFAULT}),
             Break({"gceSetup.serviceAccounts": GONE}, _WORKBENCH),
             Break({"gceSetup.serviceAccounts.*.email": _DEFAULT}, _WORKBENCH)]),
    rule("gcp-login-by-account", _MACHINE, must("metadata.enable-oslogin", "TRUE"),
         "who has left still has a key on the machine", "CKV_GCP_34, GCP-0036, CIS GCP 4.4"),
    rule("gcp-no-project-keys", _MACHINE, must("metadata.block-project-ssh-keys", "TRUE"),
         "whoever has a key of the project comes in", "CKV_GCP_32, GCP-0030, CIS GCP 4.3"),
    rule("gcp-shielded", _MACHINE,
         every(must("shieldedInstanceConfig.enableVtpm", True),
               must("shieldedInstanceConfig.enableIntegrityMonitoring", True)),
         "what runs before the system is not looked at",
         "CKV_GCP_39, GCP-0041, GCP-0045, CIS GCP 4.8"),
    rule("gcp-managed-shielded", _WORKBENCH,
         every(must("gceSetup.shieldedInstanceConfig.enableVtpm", True),
               must("gceSetup.shieldedInstanceConfig.enableIntegrityMonitoring", True)),
         "what runs before the system is not looked at", "CIS GCP 4.8"),
    rule("gcp-secure-boot", _MACHINE, must("shieldedInstanceConfig.enableSecureBoot", True),
         "what runs before the system need not be signed", "GCP-0067, CIS GCP 4.8",
         fix="set gcp.secure_boot to true", profiles=STRICT, setting="gcp.secure_boot"),
    rule("gcp-no-serial-port", _MACHINE, never("metadata.serial-port-enable", "TRUE", "1", "true"),
         "a login from anywhere, past the network's rules", "CKV_GCP_35, GCP-0032, CIS GCP 4.5"),
    rule("gcp-no-forwarding", _MACHINE, never("canIpForward", True),
         "the machine passes on the traffic of others", "CKV_GCP_36, GCP-0043, CIS GCP 4.6"),
    rule("gcp-no-public-address", _MACHINE, Unset("networkInterfaces.*.accessConfigs"),
         "a wrong firewall rule is then enough to open a machine",
         "CKV_GCP_40, GCP-0031, CIS GCP 4.9", fix="set gcp.egress to nat", profiles=STRICT,
         setting="gcp.egress"),
    rule("gcp-managed-no-public-address", _WORKBENCH, must("gceSetup.disablePublicIp", True),
         "a wrong firewall rule is then enough to open a machine", "CKV2_GCP_28",
         fix="set gcp.egress to nat", profiles=STRICT, setting="gcp.egress"),
    rule("gcp-own-network", "gcp:compute/network:Network",
         every(must("autoCreateSubnetworks", False), never("name", "default")),
         "it comes with firewall rules that nobody wrote",
         "CKV2_GCP_18, CKV2_GCP_2, GCP-0010, CIS GCP 3.1, CIS GCP 3.2"),
    rule("gcp-nothing-from-the-internet", "gcp:compute/firewall:Firewall",
         _nothing_from_the_internet, "machines with public addresses are tried all day",
         "CKV_GCP_2, CKV_GCP_3, CKV_GCP_106, CKV2_GCP_12, GCP-0027, GCP-0071, CIS GCP 3.6,"
         " CIS GCP 3.7",
         fix=f"let in SSH from {_IAP} alone, Identity-Aware Proxy, or private addresses",
         wrong=[Break({"sourceRanges": ["0.0.0.0/0"]}), Break({"sourceRanges": GONE}),
                Break({"allows": [{"protocol": "tcp", "ports": ["22", "8888"]}]})]),
    rule("gcp-private-google", "gcp:compute/subnetwork:Subnetwork",
         must("privateIpGoogleAccess", True),
         "a machine without a public address reaches no bucket", "CKV_GCP_74, GCP-0075"),
    rule("gcp-flow-logs", "gcp:compute/subnetwork:Subnetwork", Set("logConfig"),
         "nobody can tell afterwards what was reached from where",
         "CKV_GCP_26, GCP-0076, CIS GCP 3.8", profiles=STRICT, setting="lab.profile"),
    rule("gcp-bucket-closed", _BUCKET,
         every(must("publicAccessPrevention", "enforced"), must("uniformBucketLevelAccess", True)),
         "one wrong grant shows its objects to everybody",
         "CKV_GCP_29, CKV_GCP_114, GCP-0002, CIS GCP 5.1, CIS GCP 5.2"),
    rule("gcp-nobody-unnamed", _MEMBERS,
         every(never("member", "allUsers", "allAuthenticatedUsers"),
               never("member", "allAuthenticatedUsers")),
         "everybody may use it", "CKV_GCP_101, CKV_GCP_28, GCP-0001, CIS GCP 5.1",
         fix="name who may"),
    rule("gcp-no-basic-role", "gcp:projects/iAMMember:IAMMember",
         never("role", "roles/owner", "roles/editor"), "one stolen key opens the project",
         "CKV_GCP_117, CKV_GCP_49, GCP-0007, CIS GCP 1.6", fix="grant what is used"),
    rule("gcp-nat-asked-for", "gcp:compute/routerNat:RouterNat", _nat,
         "it is billed by the hour", fix="take it out, or set gcp.egress to nat",
         setting="gcp.egress", wrong=[Break({"name": "x"})]),
)  # fmt: skip
