"""Rights on Azure: built-in roles, each given on the one thing that its use needs.

No role is made here: a custom one belongs to the subscription, and would outlive the lab.
"""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_azure_native import authorization, resources

from components.contracts import child

# Source: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
BLOB_DATA: Final = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
"""Storage Blob Data Contributor: list, read and write objects."""

ACCOUNT_KEY: Final = "c12c1c16-33a1-487b-954d-41c89c60f349"
"""Reader and Data Access: read the key of a storage account, which SMB asks for."""

PULL: Final = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
"""AcrPull."""

PUSH: Final = "8311e382-0749-4cb8-b61a-304f252e45ec"
"""AcrPush; it pulls, too."""

POWER: Final = "40c5ff49-9181-41f8-ae61-143b0e78555e"
"""Desktop Virtualization Power On Off Contributor: start, stop and deallocate machines. The
narrowest that may deallocate; Virtual Machine Contributor could also change and delete them."""

TABLE_WRITE: Final = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
"""Storage Table Data Contributor: read and write what is in a table."""

TABLE_READ: Final = "76199698-9eea-4c19-bc75-cec21354c6b6"
"""Storage Table Data Reader."""

METRICS: Final = "43d0d8ad-25c7-4714-9337-8ba259a9fe05"
"""Monitoring Reader."""

ML_COMPUTE: Final = "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815"
"""AzureML Compute Operator: start and stop the computes of a workspace."""


def grant(
    parent: pulumi.Resource,
    name: str,
    group: resources.ResourceGroup,
    role: str,
    principal: pulumi.Input[str],
    scope: pulumi.Input[str],
) -> authorization.RoleAssignment:
    """Give an identity of the lab a role on something of the lab, and on nothing else.

    Args:
        role: id of a built-in role. principal: object id of a managed identity.
        scope: id of what it is given on.
    """
    return authorization.RoleAssignment(
        name,
        role_definition_id=role_id(group, role),
        principal_id=principal,
        # Stated, since a new identity is not known everywhere at once: `PrincipalNotFound`.
        principal_type="ServicePrincipal",
        scope=scope,
        opts=child(parent, deleted_with=group),
    )


def grant_deployer(
    parent: pulumi.Resource,
    name: str,
    group: resources.ResourceGroup,
    role: str,
    scope: pulumi.Input[str],
) -> authorization.RoleAssignment:
    """Give whoever makes the lab a role on something of it. Another one who changes the lab later
    takes it from nobody."""
    me = authorization.get_client_config_output(opts=pulumi.InvokeOptions(parent=parent))
    return authorization.RoleAssignment(
        name,
        role_definition_id=role_id(group, role),
        principal_id=me.object_id,
        # A person, or what a pipeline logs in as: Azure looks. The SDK would say it is a person.
        principal_type=pulumi.Output.from_input(None),
        scope=scope,
        opts=child(parent, deleted_with=group, ignore_changes=["principalId"]),
    )


def role_id(group: resources.ResourceGroup, role: str) -> pulumi.Output[str]:
    """A built-in role as the lab's subscription names it."""
    subscription = group.id.apply(lambda id: "/".join(id.split("/")[:3]))
    path = "/providers/Microsoft.Authorization/roleDefinitions/"
    return pulumi.Output.concat(subscription, path, role)
