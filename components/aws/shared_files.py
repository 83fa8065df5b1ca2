"""The file system that notebooks and jobs of a lab share, on EFS."""

from __future__ import annotations

import pulumi
from pulumi_aws import efs

from components.aws import access
from components.aws.network import Network
from components.contracts import StorageArgs, child
from components.tags import tags

POSIX_ID = 1000  # the first user of Amazon Linux and Ubuntu, so that files made on notebooks and in jobs belong together
MOUNT_PATH = "/shared"


class SharedFiles:
    """The file system and what is needed to reach it, for the machines that mount it.

    `ready`: mount targets; whoever mounts must come after them.
    """

    def __init__(self, parent: pulumi.Resource, name: str, args: StorageArgs[Network]) -> None:
        labels = tags(args.lab, "storage")
        # AWS deletes a file system with everything in it without asking, so protection has to come from the engine.
        self.system = efs.FileSystem(
            f"{name}-files",
            encrypted=True,
            performance_mode="generalPurpose",
            throughput_mode="elastic",
            lifecycle_policies=[  # one block per transition
                {"transition_to_ia": "AFTER_30_DAYS"},
                {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
            ],
            tags=labels,
            opts=child(parent, protect=args.keep),
        )
        # Recovery points would outlive the file system, and be billed.
        efs.BackupPolicy(
            f"{name}-no-backups",
            file_system_id=self.system.id,
            backup_policy={"status": "DISABLED"},
            opts=child(parent),
        )
        self.access_point = efs.AccessPoint(
            f"{name}-shared",
            file_system_id=self.system.id,
            posix_user={"uid": POSIX_ID, "gid": POSIX_ID},
            root_directory={
                "path": MOUNT_PATH,
                "creation_info": {
                    "owner_uid": POSIX_ID,
                    "owner_gid": POSIX_ID,
                    "permissions": "0775",
                },
            },
            tags=labels,
            opts=child(parent),
        )
        efs.FileSystemPolicy(
            f"{name}-roles-only",
            file_system_id=self.system.id,
            policy=_roles_only(self.system, self.access_point),
            opts=child(parent),
        )
        self.ready = [
            efs.MountTarget(
                f"{name}-files-{zone[-1]}",
                file_system_id=self.system.id,
                subnet_id=subnet.id,
                security_groups=[args.network.files_group.id],
                opts=child(parent),
            )
            for zone, subnet in args.network.subnets.items()
        ]
        self.mount: pulumi.Output[dict[str, str]] = pulumi.Output.all(
            kind="efs",
            source=self.system.id,
            path=MOUNT_PATH,
            options=pulumi.Output.concat("tls,iam,accesspoint=", self.access_point.id),
        )


def _roles_only(system: efs.FileSystem, access_point: efs.AccessPoint) -> pulumi.Output[str]:
    """Roles of the account mount through the access point, over TLS, if their own policies say so.

    Without a policy whoever reaches port 2049 may mount; with one that forgets ClientMount nobody may.
    """
    account = pulumi.Output.concat("arn:aws:iam::", system.owner_id, ":root")
    return access.document(
        access.tls_only("*", system.arn),
        access.mount(system.arn, access_point.arn) | {"Principal": {"AWS": account}},
    )
