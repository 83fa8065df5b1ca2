"""What a lab on this machine is made of: folders and servers.

mllab's own provider makes them (`mllab/local/provider.py`); no SDK is generated for two types.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import pulumi

PACKAGE: Final = "mllab-local"
RUN: Final = "run"


class Folder(pulumi.CustomResource):
    """A folder that only its owner may open.

    Args:
        path: relative to the lab's folder; `.` is that itself. force_destroy: it is deleted with
            what is in it, else only when it is empty.
    Outputs:
        location: absolute path.
    """

    location: pulumi.Output[str]

    def __init__(
        self, name: str, path: str, *, force_destroy: bool, opts: pulumi.ResourceOptions
    ) -> None:
        inputs = {"path": path, "forceDestroy": force_destroy, "location": None}
        super().__init__(f"{PACKAGE}:index:Folder", name, inputs, opts)


class Server(pulumi.CustomResource):
    """A process that listens on 127.0.0.1, or watches, for as long as the lab is there.

    Args:
        service: kind, a module of `mllab/local/services/`. settings: what it is told; no secret.
    Outputs:
        port: 0 where it has none. url: without a secret; empty without a port.
        state: `running` or `stopped`.
    """

    TYPE: ClassVar[str] = f"{PACKAGE}:index:Server"

    port: pulumi.Output[int]
    url: pulumi.Output[str]
    state: pulumi.Output[str]

    def __init__(
        self, name: str, service: str, settings: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        inputs = {"service": service, "settings": dict(settings)}
        outputs = dict.fromkeys(("port", "url", "state"))
        super().__init__(self.TYPE, name, {**inputs, **outputs}, opts)


class Notebook(Server):
    """A JupyterLab: a server that people start and stop, as a machine on a cloud."""

    TYPE: ClassVar[str] = f"{PACKAGE}:index:Notebook"


def control(
    verb: str, lab: pulumi.Input[str], name: str, *more: pulumi.Input[str]
) -> tuple[pulumi.Input[str], ...]:
    """The program that acts on a server of a lab, with its arguments."""
    return (sys.executable, "-m", "mllab.local", verb, lab, name, *more)
