"""The files that notebooks share, on Azure Files: the part of storage that may be absent."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import storage

from components.azure.network import Network
from components.contracts import StorageArgs, child

MOUNT_PATH = "/shared"
SHARE = "shared"
QUOTA_GB = 1024  # what is stored is billed, not the quota; it is the ceiling of a mistake
POSIX_ID = 2000  # the user `lab` of the notebooks: SMB knows no owners, so all files are its
OPTIONS = (
    f"vers=3.1.1,uid={POSIX_ID},gid={POSIX_ID},dir_mode=0775,file_mode=0664"
    ",mfsymlinks,serverino,nosharesock,actimeo=30"
)
"""Of mount.cifs; the credentials are added on the machine.
Source: https://learn.microsoft.com/azure/storage/files/storage-how-to-use-files-linux"""


class SharedFiles:
    """An SMB share in the lab's storage account; NFS would be billed by 100 GB, full or empty.

    Args:
        parent: the storage role, whose children all resources are.
    Attributes:
        share: the share. mount: the entry of `Storage.mounts`.
    Source: https://learn.microsoft.com/azure/storage/files/files-smb-protocol,
        https://learn.microsoft.com/azure/storage/files/storage-files-prevent-file-share-deletion
    """

    def __init__(
        self,
        parent: pulumi.Resource,
        name: str,
        args: StorageArgs[Network],
        account: storage.StorageAccount,
    ) -> None:
        group = args.network.group
        settings = storage.FileServiceProperties(
            f"{name}-files-settings",
            file_services_name="default",
            account_name=account.name,
            resource_group_name=group.name,
            share_delete_retention_policy=retention(args.kept_days),
            protocol_settings={
                "smb": {
                    "versions": "SMB3.1.1;",
                    "authentication_methods": "NTLMv2;",  # what the key of the account needs
                    "channel_encryption": "AES-128-GCM;AES-256-GCM;",
                }
            },
            opts=child(parent, deleted_with=account),
        )
        self.share = storage.FileShare(
            f"{name}-files",
            share_name=SHARE,
            account_name=account.name,
            resource_group_name=group.name,
            enabled_protocols="SMB",
            access_tier="TransactionOptimized",
            share_quota=QUOTA_GB,
            # Without `files` it would go, with all that is in it. Azure refuses two changes of the
            # file service at a time.
            opts=child(parent, deleted_with=account, protect=args.keep, depends_on=[settings]),
        )
        self.mount: pulumi.Output[dict[str, str]] = pulumi.Output.all(
            kind="smb",
            source=pulumi.Output.concat(
                "//", account.name, ".file.core.windows.net/", self.share.name
            ),
            path=MOUNT_PATH,
            options=OPTIONS,
        )


def retention(undelete_days: int) -> storage.DeleteRetentionPolicyArgsDict:
    """How long deleted things stay. Stated also for none: Azure's own default for shares is seven
    days, billed."""
    if not undelete_days:
        return {"enabled": False}
    return {"enabled": True, "days": undelete_days}
