"""What a person types to reach, stop and start a notebook on Azure; quoted for a POSIX shell."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import compute, machinelearningservices, network

PORT = 8888
API = "2025-12-01"
JUPYTER = "properties.properties.applications[?displayName==`Jupyter Lab`].endpointUri | [0]"


def machine_commands(
    machine: compute.VirtualMachine, address: network.PublicIPAddress, user: str, *, open: bool
) -> pulumi.Output[dict[str, str]]:
    """The commands of a machine.

    Args:
        open: some address may come by SSH; else only the browser leads to the machine.
    """
    if open:
        host = pulumi.Output.concat(user, "@", address.ip_address.apply(lambda ip: ip or ""))
        connect = pulumi.Output.concat(
            f"ssh -N -o ExitOnForwardFailure=yes -L {PORT}:localhost:{PORT} ", host
        )
        token = pulumi.Output.concat("ssh ", host, " mllab-token")
    else:
        connect = pulumi.Output.concat(
            "echo 'no address may come by SSH, so there is no way to JupyterLab: name yours in"
            " mllab:azure.ssh_from. A shell: https://portal.azure.com/#resource",
            machine.id,
            "'",
        )
        token = pulumi.Output.concat(
            "az vm run-command invoke --command-id RunShellScript --scripts mllab-token"
            " --query 'value[0].message' --output tsv --ids ",
            machine.id,
        )
    return pulumi.Output.all(
        id=machine.id,
        connect_command=connect,
        token_command=token,
        # Not `az vm stop`: that shuts the machine down, and it goes on being billed.
        stop_command=pulumi.Output.concat("az vm deallocate --ids ", machine.id),
        start_command=pulumi.Output.concat("az vm start --ids ", machine.id),
    )


def instance_commands(
    instance: machinelearningservices.Compute,
) -> pulumi.Output[dict[str, str]]:
    """The commands of a compute instance. It has a web address of its own: nothing is forwarded, so
    the connect command only says whether it runs."""

    def call(method: str, verb: str, query: str = "") -> pulumi.Output[str]:
        url = pulumi.Output.format(
            "'https://management.azure.com{0}{1}?api-version={2}'", instance.id, verb, API
        )
        asked = f" --output tsv --query '{query}'" if query else ""
        return pulumi.Output.concat(f"az rest --method {method} --url ", url, asked)

    return pulumi.Output.all(
        id=instance.id,
        connect_command=call("get", "", "properties.properties.state"),
        token_command=call("get", "", JUPYTER),
        stop_command=call("post", "/stop"),
        start_command=call("post", "/start"),
    )
