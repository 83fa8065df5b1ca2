"""Where a lab on this machine is: a folder, and the loopback address."""

from __future__ import annotations

import pulumi

from components import contracts
from components.contracts import NetworkArgs, child, publish
from components.local.resources import Folder

LOOPBACK = "127.0.0.1"


class Network(pulumi.ComponentResource):
    """The lab's folder. Everything of the lab is in it, and listens on 127.0.0.1 alone.

    Args:
        args: as on a cloud; there is no network to be made.
    Outputs:
        id: `127.0.0.1`. subnet_ids: none.
    Cost: unknown: what this machine's power and wear cost, `local.usd_per_hour` says.
    Source: https://datatracker.ietf.org/doc/html/rfc1122, section 3.2.1.3
    """

    id: pulumi.Output[str]
    subnet_ids: pulumi.Output[list[str]]
    folder: Folder

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mllab:local:Network", name, None, opts)
        # What others made in it blocks its removal; what the lab itself writes (run/) does not.
        self.folder = Folder(f"{name}-folder", ".", force_destroy=not args.keep, opts=child(self))
        self.id = pulumi.Output.from_input(LOOPBACK)
        self.subnet_ids = pulumi.Output.from_input([])
        publish(self, contracts.Network)
