"""Azure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mllab.accounts.azure import login
from mllab.clouds import tables
from mllab.clouds.contract import Cloud, KnownError, Quota, Tool, no_options

if TYPE_CHECKING:
    from mllab.accounts.contract import Account
    from mllab.accounts.quotes import Quotes

_ML: Final = "https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas"
_QUOTA: Final = (
    "Ask Azure for more, in the portal under Quotas; it takes minutes to days:\n"
    "  https://learn.microsoft.com/azure/quotas/quickstart-increase-quota-portal\n"
    "Or take what the quota allows: another `size`, or fewer seats, in the stack file."
)
_DENIED: Final = (
    "Ask an owner of the subscription for a role that allows it. Who is logged in:\n"
    "  az account show"
)
_LOGIN: Final = "Log in again:  az login"
_ELSEWHERE: Final = (
    "Azure has no such machine here at present. Try it again later, or take another\n"
    "`size` in the stack file."
)
_OFTEN: Final = "Azure was asked too often at once. Run it again in some minutes."


def _request_quota(quota: Quota, needed: float, where: Mapping[str, str]) -> str:
    region = where.get("region", "")
    subscription = where.get("subscription") or "<subscription>"
    text = (
        f"the quota {quota.code!r} ({quota.service}) in {region} must be at least "
        f"{needed:g} {quota.unit}"
    )
    if quota.service == "Microsoft.MachineLearningServices":
        return f"{text}; ask for it in the portal, Quotas > Machine learning: {_ML}"
    scope = f"/subscriptions/{subscription}/providers/{quota.service}/locations/{region}"
    return (
        f"{text}; ask for it, which takes Azure minutes to days:\n"
        f"az quota update --resource-name {quota.code} --scope {scope} "
        f"--limit-object value={needed:g}"
    )


def _account_of(id: str, _outputs: Mapping[str, Any]) -> str:
    parts = id.split("/")
    return parts[2] if parts[:2] == ["", "subscriptions"] and len(parts) > 2 else ""


def _list_prices(region: str) -> Quotes:
    from mllab.accounts.azure import retail

    return retail.ask(region)


def _open_account(config: Mapping[str, str]) -> Account:
    from mllab.accounts.azure.account import AzureAccount

    return AzureAccount(config)


AZURE: Final = Cloud(
    name="azure",
    other_names=frozenset({"microsoft", "microsoft azure"}),
    package="azure-native",
    config_keys={"region": "azure-native:location"},
    secret_keys=frozenset(
        {
            "azure-native:clientCertificatePassword",
            "azure-native:clientSecret",
            "azure-native:oidcRequestToken",
            "azure-native:oidcToken",
        }
    ),
    tools={
        "az": Tool("the Azure CLI", login.AZ.source),
        "ssh": Tool("an SSH client", "https://www.openssh.com"),
    },
    tool_options=no_options,
    quotas=partial(tables.quotas, "azure"),
    request_quota=_request_quota,
    address_quota="PublicIPAddresses",
    address_stays=True,
    disk_quota="",
    # Azure Machine Learning counts machines that a cluster may have, not only those that run: a
    # cluster larger than the quota is refused when it is made.
    # Source: https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
    counts_idle_nodes=True,
    quota_refusals=frozenset({"QuotaExceeded", "OperationNotAllowed", "ClusterCoreQuotaReached"}),
    # Source: azcore's ResponseError, `ERROR CODE: OperationNotAllowed` above the answer as JSON, as
    # in https://github.com/cloud-barista/cb-spider/issues/1558; the older SDK's
    # `Code="QuotaExceeded" Message="..."`, as in https://github.com/jenkins-infra/azure/pull/123
    refusals=(
        re.compile(
            r"ERROR CODE: (?P<code>\w+)(.*?\"message\": \"(?P<words>(?:[^\"\\]|\\.)*)\")?", re.S
        ),
        re.compile(r"Code=\"(?P<code>\w+)\" Message=\"(?P<words>.*?)\"(?=\s|$)", re.S),
        re.compile(r"^(?P<code>[A-Z]\w+)( \(\d+\))?: (?P<words>.*)", re.S),
    ),
    # Source: https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/
    # common-deployment-errors
    hints={
        "QuotaExceeded": _QUOTA,
        "OperationNotAllowed": "Where it names a quota: " + _QUOTA[0].lower() + _QUOTA[1:],
        "ClusterCoreQuotaReached": _QUOTA,
        "SkuNotAvailable": _ELSEWHERE,
        "AllocationFailed": _ELSEWHERE,
        "ZonalAllocationFailed": _ELSEWHERE,
        "OverconstrainedAllocationRequest": _ELSEWHERE,
        "AuthorizationFailed": _DENIED,
        "LinkedAuthorizationFailed": _DENIED,
        "RequestDisallowedByPolicy": "A policy of the subscription forbids it. Ask who runs it:\n"
        "  az policy assignment list --output table",
        "MissingSubscriptionRegistration": "Register the service in the subscription, once:\n"
        "  az provider register --namespace <the one it names>",
        "ExpiredAuthenticationToken": _LOGIN,
        "InvalidAuthenticationTokenTenant": _LOGIN,
        "TooManyRequests": _OFTEN,
    },
    known_errors=(
        KnownError(
            re.compile(
                r"ExpiredAuthenticationToken|AADSTS(700082|50173|70043|50078|50076)|"
                r"refresh token has expired",
                re.I,
            ),
            "the Azure login ended; what was done until then is recorded",
            "Log in again (az login), then go on:  mllab {verb} {stack}",
            changed=True,
        ),
        KnownError(
            re.compile(
                r"Please run 'az login'|no subscription found|DefaultAzureCredential: failed|"
                r"unable to (acquire|get) (a|an) (access )?token.*azure|could not obtain.*azure.*"
                r"credential|AzureCLICredential|AADSTS\d+",
                re.I,
            ),
            "there is no Azure login that works; nothing was changed",
            "Log in:  az login. Which subscription it is:  az account show",
        ),
    ),
    # Source: https://learn.microsoft.com/azure/virtual-machines/managed-disks-overview
    limits={
        "disk_gb": (0, 4095, "Azure makes no larger system disk"),
        "home_gb": (0, 32767, "Azure makes no larger disk"),
    },
    not_for_managed={
        "disk_gb": "an Azure ML compute instance has a system disk of its own size",
        "home_gb": "files of an Azure ML compute instance are in the workspace's share, which "
        "grows with them",
    },
    managed_must_stop="Azure's own stop of unused compute instances can fail, and nothing else "
    "would stop them",
    # Source: https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/
    # error-reserved-resource-name
    refused_names=(
        (r".*(microsoft|windows).*", "Azure allows nobody 'microsoft' or 'windows' in a name"),
        (r"login.*", "Azure allows no name that begins with 'login'"),
    ),
    seats_have_names=True,  # each is part of an address
    cut_off={"AZURE_CONFIG_DIR": "{nothing}"},
    whoami=login.ask,
    account_of=_account_of,
    open_account=_open_account,
    list_prices=_list_prices,
)
