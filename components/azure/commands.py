"""How a notebook on Azure is reached, stopped and started."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_azure_native import compute, machinelearningservices, network

from components.seats import LOCAL_PORT, SSH_OPTIONS, address, command, forward, no_way, tunnel

API = "2025-12-01"
JUPYTER = "properties.properties.applications[?displayName==`Jupyter Lab`].endpointUri | [0]"


def machine_commands(
    machine: compute.VirtualMachine, public: network.PublicIPAddress, user: str, *, open: bool
) -> pulumi.Output[dict[str, Any]]:
    """The commands of a machine.

    Args:
        open: some address may come by SSH; else only the browser leads to the machine.
    """
    if open:
        host = pulumi.Output.concat(user, "@", public.ip_address.apply(lambda ip: ip or ""))
        # The address stays when another machine takes the place of one; its host key does not.
        key = machine.vm_id.apply(lambda id: f"HostKeyAlias=azure-{id or 'machine'}")
        ssh = ("ssh", *SSH_OPTIONS, "-o", key)
        connect = tunnel(*ssh, *forward(), host)
        token = command(*ssh, host, "mllab-token", LOCAL_PORT)
    else:
        connect = no_way(machine.id.apply(_unreachable))
        token = command(
            *("az", "vm", "run-command", "invoke", "--command-id", "RunShellScript"),
            *("--scripts", "mllab-token", "--query", "value[0].message", "--output", "tsv"),
            *("--ids", machine.id),
        )
    return pulumi.Output.all(
        id=machine.id,
        connect=connect,
        token=token,
        # Not `az vm stop`: that shuts the machine down, and it goes on being billed.
        stop=command("az", "vm", "deallocate", "--ids", machine.id),
        start=command("az", "vm", "start", "--ids", machine.id),
    )


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
