"""How a notebook on Azure is reached, stopped and started."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_azure_native import machinelearningservices

from components.seats import LOCAL_PORT, SSH_OPTIONS, address, command, forward, no_way, tunnel

API = "2025-12-01"
JUPYTER = "properties.properties.applications[?displayName==`Jupyter Lab`].endpointUri | [0]"


def machine_commands(
    id: str, vm_id: str | None = None, ip: str | None = None, *, user: str, open: bool
) -> dict[str, Any]:
    """The commands of a machine.

    Args:
        vm_id, ip: may be empty until the machine runs.
        open: some address may come by SSH; else only the browser leads to the machine.
    """
    if not open:
        connect = no_way(_unreachable(id))
        token = command(
            *("az", "vm", "run-command", "invoke", "--command-id", "RunShellScript"),
            *("--scripts", "mllab-token", "--query", "value[0].message", "--output", "tsv"),
            *("--ids", id),
        )
    else:
        host = f"{user}@{ip or ''}"
        # The address stays when another machine takes the place of one; its host key does not.
        ssh = ("ssh", *SSH_OPTIONS, "-o", f"HostKeyAlias=azure-{vm_id or 'machine'}")
        connect = tunnel(*ssh, *forward(), host)
        token = command(*ssh, host, "mllab-token", LOCAL_PORT)
    return {
        "id": id,
        "connect": connect,
        "token": token,
        # Not `az vm stop`: that shuts the machine down, and it goes on being billed.
        "stop": command("az", "vm", "deallocate", "--ids", id),
        "start": command("az", "vm", "start", "--ids", id),
    }


def _unreachable(machine: str) -> str:
    return (
        "no address may come by SSH, so there is no way to JupyterLab: name yours in"
        f" mllab:azure.ssh_from. A shell: https://portal.azure.com/#resource{machine}"
    )


def instance_commands(
    instance: machinelearningservices.Compute,
) -> pulumi.Output[dict[str, Any]]:
    """The commands of a compute instance, which has a web address of its own."""

    def call(method: str, verb: str = "") -> tuple[pulumi.Input[str], ...]:
        url = pulumi.Output.format(
            "https://management.azure.com{0}{1}?api-version={2}", instance.id, verb, API
        )
        return ("az", "rest", "--method", method, "--url", url)

    return pulumi.Output.all(
        id=instance.id,
        connect=address(*call("get"), "--output", "tsv", "--query", JUPYTER),
        token=command(),
        stop=command(*call("post", "/stop")),
        start=command(*call("post", "/start")),
    )
