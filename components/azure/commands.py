"""What a person types to reach, stop and start a notebook on Azure; quoted for a POSIX shell."""

from __future__ import annotations

import shlex

import pulumi
from pulumi_azure_native import compute, machinelearningservices, network

from components.ssh import OPTIONS as SSH_OPTIONS

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
        # The address stays when another machine takes the place of one; its host key does not.
        key = machine.vm_id.apply(lambda id: f"-o HostKeyAlias=azure-{id or 'machine'}")
        ssh = pulumi.Output.concat("ssh ", SSH_OPTIONS, " ", key)
        ways: dict[str, pulumi.Input[str]] = {
            "connect_command": pulumi.Output.concat(ssh, f" -N -L {PORT}:localhost:{PORT} ", host),
            "token_command": pulumi.Output.concat(ssh, " ", host, " mllab-token"),
        }
    else:
        reason = machine.id.apply(_unreachable)
        ways = {
            "unreachable": reason,
            "connect_command": reason.apply(
                lambda why: f"sh -c 'echo \"$0\" >&2; exit 1' {shlex.quote(why)}"
            ),
            "token_command": pulumi.Output.concat(
                "az vm run-command invoke --command-id RunShellScript --scripts mllab-token"
                " --query 'value[0].message' --output tsv --ids ",
                machine.id,
            ),
        }
    return pulumi.Output.all(
        id=machine.id,
        **ways,
        # Not `az vm stop`: that shuts the machine down, and it goes on being billed.
        stop_command=pulumi.Output.concat("az vm deallocate --ids ", machine.id),
        start_command=pulumi.Output.concat("az vm start --ids ", machine.id),
    )


def _unreachable(machine: str) -> str:
    return (
        "no address may come by SSH, so there is no way to JupyterLab: name yours in"
        f" mllab:azure.ssh_from. A shell: https://portal.azure.com/#resource{machine}"
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
