"""A file system that notebooks share, on Filestore: only for those who ask for it."""

from __future__ import annotations

import pulumi
from pulumi_gcp import filestore

from components.contracts import StorageArgs, child
from components.gcp import zones
from components.gcp.network import CIDR, Network
from components.gcp.services import enable
from components.tags import named, tags

MOUNT_PATH = "/shared"
OPTIONS = "rw,hard"  # a server that is away is waited for; soft would lose what is being written
POSIX_ID = 2000  # the user `lab` of the notebooks
SHARE = "share"
CAPACITY_GIB = 100  # the least that is sold; billed whole, whatever is in it


class SharedFiles:
    """A Filestore instance of the zonal tier, reachable from the lab's subnet only.

    Cluster jobs do not mount it: they run outside of the lab's network and have the bucket.

    Args:
        parent: the storage role, whose children all resources are.
    Attributes:
        instance: what machines must wait for. mount: the entry of `Storage.mounts`.
    Source: https://cloud.google.com/filestore/docs/service-tiers,
        https://cloud.google.com/filestore/docs/mounting-fileshares
    """

    def __init__(self, parent: pulumi.Resource, name: str, args: StorageArgs[Network]) -> None:
        network = args.network
        self.instance = filestore.Instance(
            f"{name}-files",
            location=network.zone or zones.plain(args.lab.region)[0],
            tier="ZONAL",
            protocol="NFS_V3",
            file_shares={
                "name": SHARE,
                "capacity_gb": CAPACITY_GIB,
                "nfs_export_options": [
                    {
                        "ip_ranges": [CIDR],
                        "access_mode": "READ_WRITE",
                        "squash_mode": "NO_ROOT_SQUASH",  # each machine makes the user own it
                    }
                ],
            },
            # Unlike private service access, it leaves no connection that outlives the network.
            networks=[
                {
                    "network": network.id,
                    "modes": ["MODE_IPV4"],
                    "connect_mode": "DIRECT_PEERING",
                }
            ],
            deletion_protection_enabled=False,  # what is kept is kept by Pulumi
            labels=named(tags(args.lab, "storage"), f"{name}-files"),
            # Google deletes the instance with all that is in it, without asking.
            opts=child(
                parent, protect=args.keep, depends_on=[*network.apis, *enable(parent, name, "file")]
            ),
        )
        self.mount: pulumi.Output[dict[str, str]] = pulumi.Output.all(
            kind="nfs",
            source=self.instance.networks.apply(
                lambda networks: f"{(networks[0].ip_addresses or [''])[0]}:/{SHARE}"
            ),
            path=MOUNT_PATH,
            options=OPTIONS,
        )
