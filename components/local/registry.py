"""Container registry on this machine, where its program is installed."""

from __future__ import annotations

import shutil

import pulumi

from components import contracts
from components.contracts import RegistryArgs, child, publish
from components.local.network import LOOPBACK, Network
from components.local.resources import RUN, Server

PROGRAM = "docker-registry"
NONE = f"none: {PROGRAM} is not installed here"
"""What `uri` says where there is no registry."""


class Registry(pulumi.ComponentResource):
    """A private registry for container images, with a password.

    Args:
        args: `keep_images` has no meaning here: images stay until the lab goes.
    Outputs:
        uri: to tag and push to, `127.0.0.1:<port>/lab`; or why there is none.
        login_command: logs docker in; empty without a registry.
    Cost: this machine's disk.
    Source: https://distribution.github.io/distribution/about/configuration/
    """

    uri: pulumi.Output[str]
    login_command: pulumi.Output[str]

    def __init__(
        self, name: str, args: RegistryArgs[Network], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mllab:local:Registry", name, None, opts)
        self.uri, self.login_command = map(pulumi.Output.from_input, (NONE, ""))
        if shutil.which(PROGRAM):
            lab = args.network.folder
            # Images are made again from their source, so they are no data, and go with the server.
            settings = {"root": pulumi.Output.concat(lab.location, f"/{RUN}/{name}-server/images")}
            server = Server(f"{name}-server", "registry", settings, child(self))
            host = pulumi.Output.concat(LOOPBACK, ":", server.port.apply(str))
            secret = pulumi.Output.concat(lab.location, f"/{RUN}/{name}-server/password")
            self.uri = pulumi.Output.concat(host, "/lab")
            self.login_command = pulumi.Output.concat(
                "docker login --username lab --password-stdin ", host, " < '", secret, "'"
            )
        publish(self, contracts.Registry)
