"""Answers of Azure to what a program asks (Pulumi's functions)."""

from __future__ import annotations

from collections.abc import Callable

from mllab.protocol.provider import Properties
from mllab.simulated.azure import places
from mllab.simulated.azure.rules.arm import PERSON

CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""Client id of the Azure CLI. Source: https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in"""


def client_config(args: Properties, region: str, account: str) -> Properties:
    """Who is logged in, and where."""
    return {
        "clientId": CLI,
        "objectId": PERSON,
        "subscriptionId": account,
        "tenantId": places.TENANT,
    }


FUNCTIONS: dict[str, Callable[[Properties, str, str], Properties]] = {
    "azure-native:authorization:getClientConfig": client_config
}
