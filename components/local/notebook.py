"""Notebooks on this machine: a JupyterLab and a home folder for each seat."""

from __future__ import annotations

from typing import Any

import pulumi

from components import contracts, seats
from components.contracts import NotebookArgs, child, publish
from components.local.cluster import Cluster
from components.local.network import Network
from components.local.registry import Registry
from components.local.resources import Folder, control
from components.local.resources import Notebook as JupyterLab
from components.local.storage import Storage

Args = NotebookArgs[Network, Storage, Registry, Cluster]


class Notebook(pulumi.ComponentResource):
    """A JupyterLab for each seat on 127.0.0.1, which opens with a token of its own.

    Each seat is a process of this machine's user, not a machine: seats can read each other's homes,
    and share memory and processors. The keeper of the lab, see `Budget`, stops those that nobody
    uses.

    Args:
        args: `seats`: one JupyterLab and one home each. `machine.gpus`: GPUs that each is shown.
            `keep`: a home with files in it refuses to be deleted.
    Outputs:
        seats: {seat: {id, connect, token, start, stop}}; `connect` prints the address to open.
    Cost: this machine's power, while it is in use.
    Source: https://jupyter-server.readthedocs.io/en/latest/operators/security.html
    """

    seats: pulumi.Output[dict[str, dict[str, Any]]]

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mllab:local:Notebook", name, None, opts)
        found = {seat: self._seat(name, seat, turn, args) for turn, seat in enumerate(args.seats)}
        self.seats = pulumi.Output.from_input(found)
        publish(self, contracts.Notebook)

    def _seat(self, name: str, seat: str, turn: int, args: Args) -> dict[str, Any]:
        lab = args.network.folder
        home = Folder(
            f"{name}-home-{seat}",
            f"home/{seat}",
            force_destroy=not args.keep,
            opts=child(self, depends_on=[lab]),
        )
        settings = {
            "home": home.location,
            "environment": args.storage.environment,
            # Where seats are more than GPUs, they share them in turn.
            "gpu_count": args.machine.gpus,
            "turn": turn,
        }
        server = server_name(name, seat)
        made = JupyterLab(server, "jupyterlab", settings, child(self))
        act = {
            verb: seats.command(*control(verb, lab.location, server))
            for verb in ("token", "start", "stop")
        }
        connect = seats.address(*control("address", lab.location, server))
        return {"id": made.id, "connect": connect, **act}


def server_name(notebook: str, seat: str) -> str:
    """The name of a seat's server."""
    return f"{notebook}-{seat}"
