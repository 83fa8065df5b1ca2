"""The files that notebooks and jobs share, on EFS: the part of storage that may be absent."""

from __future__ import annotations

import pulumi
from pulumi_aws import efs

from components.aws import access, baseline
from components.aws.network import Network
from components.contracts import StorageArgs, child
from components.tags import named, tags

MOUNT_PATH = "/shared"
POSIX_ID = 2000  # the user `lab` of the notebooks: what a job writes, a person owns


class SharedFiles:
    """An encrypted file system with one access point, through which everybody is the same user.

    Args:
        parent: the storage role, whose children all resources are.
    Attributes:
        system, access_point: for policies and mounts. mount: the entry of `Storage.mounts`.
        targets: one per zone; a machine can mount only after the one of its zone is there.
    Source: https://docs.aws.amazon.com/efs/latest/ug/enforce-identity-access-points.html,
        https://docs.aws.amazon.com/efs/latest/ug/awsbackup.html
    """

    def __init__(self, parent: pulumi.Resource, name: str, args: StorageArgs[Network]) -> None:
        labels = tags(args.lab, "storage")
        around = args.network.files_group
        assert around is not None, "the network is made for the same `files`"
        self.system = efs.FileSystem(
            f"{name}-files",
            encrypted=True,
            kms_key_id=baseline.arn(args.network.key),
            performance_mode="generalPurpose",
            throughput_mode="elastic",
            lifecycle_policies=[  # AWS takes one transition per entry
                {"transition_to_ia": "AFTER_30_DAYS"},
                {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
            ],
            tags=named(labels, f"{name}-files"),
            # AWS deletes a file system with all that is in it, without asking.
            # Another key would be another file system.
            opts=child(parent, protect=args.keep, ignore_changes=["kmsKeyId"]),
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
            tags=named(labels, f"{name}-shared"),
            opts=child(parent),
        )
        efs.FileSystemPolicy(
            f"{name}-roles-only",
            file_system_id=self.system.id,
            policy=_roles_only(self.system, self.access_point),
            opts=child(parent),
        )
        self.targets = [
            efs.MountTarget(
                f"{name}-files-{zone[-1]}",
                file_system_id=self.system.id,
                subnet_id=subnet.id,
                security_groups=[around.id],
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
    """Roles of the account whose own policies say so, through the access point, over TLS.

    Without such a policy whoever reaches the port may mount; with one that forgets ClientMount
    nobody may.
    """
    account = pulumi.Output.concat("arn:aws:iam::", system.owner_id, ":root")
    return access.document(
        access.tls_only("*", system.arn),
        access.mount(system.arn, access_point.arn) | {"Principal": {"AWS": account}},
    )
