"""Asks Azure whose subscription it is that the engine would work in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Final

from mllab.accounts.identity import Identity
from mllab.accounts.vendor_cli import VendorCli
from mllab.errors import LabError

AZ: Final = VendorCli(
    "az",
    "https://learn.microsoft.com/cli/azure/install-azure-cli",
    {"AZURE_CORE_ONLY_SHOW_ERRORS": "true"},
)
LOGIN: Final = "az login"
_PACKAGE: Final = "azure-native:"
_SUBSCRIPTION: Final = "subscriptionId"
_IN_SETTINGS: Final = frozenset(
    f"{_PACKAGE}{key}"
    for key in ("clientId", "clientSecret", "clientCertificatePath", "clientCertificatePassword",
                "oidcToken", "oidcRequestToken")
)  # fmt: skip


def ask(config: Mapping[str, str]) -> Identity:
    """The subscription and the login that Pulumi's provider takes: variables, else `az login`.

    Source: https://www.pulumi.com/registry/packages/azure-native/installation-configuration/

    Raises:
        LabError: no login, one that has ended, no such subscription, no `az`.
    """
    if found := sorted(_IN_SETTINGS & config.keys()):
        raise LabError(
            f"the stack's settings hold credentials: {', '.join(found)}; they would end up in the "
            "state",
            hint=f"Log in instead:  {LOGIN}\nAnd take them out:  pulumi config rm {found[0]}",
        )
    wanted = config.get(f"{_PACKAGE}{_SUBSCRIPTION}") or os.environ.get("ARM_SUBSCRIPTION_ID", "")
    if client := os.environ.get("ARM_CLIENT_ID"):
        if not wanted:
            raise LabError(
                "ARM_CLIENT_ID names a service principal, but not in which subscription",
                hint="export ARM_SUBSCRIPTION_ID=...",
            )
        login = "Set fresh ARM_CLIENT_SECRET or ARM_OIDC_TOKEN"
        return _identity(wanted, f"service principal {client}", login)
    where = ["--subscription", wanted] if wanted else []
    # Only a token shows that the login still holds; it is dropped before it is printed.
    token = AZ.ask(
        "account", "get-access-token", *where,
        "--query", "{subscription: subscription}", "--output", "json",
    )  # fmt: skip
    if token.code:
        raise LabError(f"there is no Azure login that works: {token.why}", hint=LOGIN)
    shown = AZ.ask("account", "show", *where, "--output", "json")
    try:
        account = json.loads(shown.out)
        return _identity(str(account["id"]), str(account["user"]["name"]), LOGIN)
    except (ValueError, LookupError, TypeError) as error:
        raise LabError(
            f"`az account show` tells no subscription: {shown.why}", hint=LOGIN
        ) from error


def _identity(subscription: str, principal: str, login: str) -> Identity:
    return Identity(
        subscription,
        principal,
        login,
        kind="subscription",
        switch="Take the other subscription:  az account set --subscription ...\n"
        "Which it is:  az account show",
    )
