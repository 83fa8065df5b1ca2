"""Network on Google Cloud: one subnet, reached through Identity-Aware Proxy only."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_gcp import compute, projects, serviceaccount

from components import contracts
from components.contracts import NetworkArgs, child, publish
from components.gcp import access
from components.gcp.services import enable

CIDR = "10.10.0.0/20"
IAP_RANGE = "35.235.240.0/20"
SSH_PORT = 22
FLOW_LOGS: compute.SubnetworkLogConfigArgsDict = {
    "aggregation_interval": "INTERVAL_10_MIN",
    "flow_sampling": 0.5,
    "metadata": "INCLUDE_ALL_METADATA",
}


class Network(pulumi.ComponentResource):
    """The lab's own VPC with one subnet of the region, and the account its notebooks run as.

    Machines get a public address while they run: a NAT gateway costs money while they do and takes
    4.5 times what the traffic itself costs. Nothing can reach them there: the only rule lets SSH in
    from Identity-Aware Proxy, which asks who you are. Organisations that forbid public addresses
    (`constraints/compute.vmExternalIpAccess`) need `egress: nat`, also in profile `strict`, which
    records the network's traffic.

    Args:
        args: the zones of `machines` are looked up where machines are made.
        egress: `external` or `nat`.
        zone: where all machines are, `us-central1-a`; None: spread over those that offer the size.
    Outputs:
        id: of the VPC, `projects/<project>/global/networks/<name>`. subnet_ids: of the one subnet.
    Cost: idle 0 USD; 0.005 USD per machine-hour for the public address. With `nat` 3.65 USD per
        month for its address, 0.0014 USD per machine-hour and 0.045 USD per GB. In `strict` 0.50
        USD per GB of flow logs (us-central1, Nov 2026).
    Source: https://cloud.google.com/iap/docs/using-tcp-forwarding,
        https://cloud.google.com/nat/pricing,
        https://cloud.google.com/nat/docs/gce-example,
        https://cloud.google.com/vpc/docs/configure-private-google-access
    """

    id: pulumi.Output[str]
    subnet_ids: pulumi.Output[list[str]]
    subnet: compute.Subnetwork
    project: pulumi.Output[str]
    """Its id."""
    account: serviceaccount.Account
    """What notebooks run as; the firewall knows them by it."""
    apis: Sequence[projects.Service]
    """Whatever is made before them is refused."""
    external: bool
    """Machines have a public address."""
    zone: str | None

    def __init__(
        self,
        name: str,
        args: NetworkArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        egress: str = "external",
        zone: str | None = None,
    ) -> None:
        super().__init__("mllab:gcp:Network", name, None, opts)
        self.apis = enable(self, name, "compute", "iam", "iap", "monitoring", "oslogin")
        network = compute.Network(
            f"{name}-vpc",
            auto_create_subnetworks=False,  # a subnet in each of forty regions otherwise
            opts=child(self, depends_on=self.apis),
        )
        self.subnet = compute.Subnetwork(
            f"{name}-subnet",
            network=network.id,
            region=args.lab.region,
            ip_cidr_range=CIDR,
            private_ip_google_access=True,  # buckets and images without a public address
            log_config=FLOW_LOGS if args.lab.strict else None,
            opts=child(self),
        )
        self.account = access.account(
            self, f"{name}-account", args.lab, "notebook", "runs the notebooks", after=self.apis
        )
        compute.Firewall(
            f"{name}-ssh",
            network=network.id,
            description="SSH to notebooks, through Identity-Aware Proxy",
            direction="INGRESS",
            source_ranges=[IAP_RANGE],
            target_service_accounts=[self.account.email],
            allows=[{"protocol": "tcp", "ports": [str(SSH_PORT)]}],
            opts=child(self),
        )
        self.external = egress == "external"
        if not self.external:
            _nat(self, name, args.lab.region, network, self.subnet)
        self.zone = zone
        self.project = network.project
        self.id = network.id
        self.subnet_ids = pulumi.Output.all(self.subnet.id)
        publish(self, contracts.Network)


def _nat(
    parent: pulumi.Resource,
    name: str,
    region: str,
    network: compute.Network,
    subnet: compute.Subnetwork,
) -> None:
    router = compute.Router(f"{name}-router", network=network.id, region=region, opts=child(parent))
    compute.RouterNat(
        f"{name}-nat",
        router=router.name,
        region=region,
        nat_ip_allocate_option="AUTO_ONLY",
        source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
        subnetworks=[{"name": subnet.id, "source_ip_ranges_to_nats": ["ALL_IP_RANGES"]}],
        # A machine that pulls an image opens thousands of connections. The two exclude each other.
        enable_dynamic_port_allocation=True,
        enable_endpoint_independent_mapping=False,
        opts=child(parent),
    )
