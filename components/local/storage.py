"""Storage on this machine: a folder that is served as S3, and a shared one."""

from __future__ import annotations

import pulumi

from components import contracts
from components.contracts import StorageArgs, child, publish
from components.local.network import Network
from components.local.resources import RUN, Folder, Server

REGION = "us-east-1"  # what S3 clients say where there is no region


class Storage(pulumi.ComponentResource):
    """A bucket, whose objects are the files of a folder, and a shared folder where asked for.

    Who has the folder has the objects; programs that are written for S3 find the address and a key
    in the environment of every notebook and job. It has no versions, tags or policies, and refuses
    to be asked for them.

    Args:
        args: `files`: a shared folder. `keep`: folders with files in them refuse to be deleted.
    Outputs:
        name: of the bucket. uri: `s3://<name>`.
        mounts: one {kind: `s3`, source: the address, path: the file with the key} and one
        {kind: `folder`, source, path} for the bucket; with files another for the shared folder.
    Cost: this machine's disk.
    Source: https://rclone.org/commands/rclone_serve_s3/
    """

    name: pulumi.Output[str]
    uri: pulumi.Output[str]
    mounts: pulumi.Output[list[dict[str, str]]]
    bucket: Folder
    server: Server
    key_file: pulumi.Output[str]
    forced: bool
    shared: Folder | None

    def __init__(
        self, name: str, args: StorageArgs[Network], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mllab:local:Storage", name, None, opts)
        lab, self.forced = args.network.folder, not args.keep
        below = child(self, depends_on=[lab])
        self.bucket = Folder(
            f"{name}-bucket", f"s3/{args.lab.name}", force_destroy=self.forced, opts=below
        )
        self.shared = (
            Folder(f"{name}-shared", "shared", force_destroy=self.forced, opts=below)
            if args.files
            else None
        )
        root = pulumi.Output.concat(lab.location, "/s3")
        settings = {"root": root, "bucket": args.lab.name}
        server = f"{name}-s3"
        self.server = Server(server, "s3", settings, child(self, depends_on=[self.bucket]))
        self.key_file = pulumi.Output.concat(lab.location, f"/{RUN}/{server}/credentials")
        self.name = pulumi.Output.from_input(args.lab.name)
        self.uri = pulumi.Output.concat("s3://", self.name)
        served: pulumi.Output[dict[str, str]] = pulumi.Output.all(
            kind="s3", source=self.server.url, path=self.key_file, options=""
        )
        folders = [folder for folder in (self.bucket, self.shared) if folder]
        self.mounts = pulumi.Output.all(served, *map(_mount, folders))
        publish(self, contracts.Storage)

    @property
    def environment(self) -> dict[str, pulumi.Input[str]]:
        """What notebooks and jobs find the bucket by."""
        found: dict[str, pulumi.Input[str]] = {
            "LAB_BUCKET": self.uri,
            "LAB_DATA": self.bucket.location,
            "AWS_ENDPOINT_URL_S3": self.server.url,
            "AWS_SHARED_CREDENTIALS_FILE": self.key_file,
            "AWS_REGION": REGION,
        }
        return {**found, "LAB_SHARED": self.shared.location} if self.shared else found


def _mount(folder: Folder) -> pulumi.Output[dict[str, str]]:
    return pulumi.Output.all(
        kind="folder", source=folder.location, path=folder.location, options=""
    )
