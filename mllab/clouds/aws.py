"""AWS."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mllab.accounts.aws import login
from mllab.clouds import tables
from mllab.clouds.contract import Cloud, KnownError, Quota, Tool

if TYPE_CHECKING:
    from mllab.accounts.contract import Account
    from mllab.accounts.quotes import Quotes

_QUOTA: Final = (
    "Ask AWS for more; it takes hours to days:\n"
    "  https://console.aws.amazon.com/servicequotas/home/services/ec2/quotas\n"
    "Or take what the quota allows: another `size`, or fewer seats, in the stack file."
)
_DENIED: Final = (
    "Ask who runs the account for this permission. Whose the credentials are:\n"
    "  aws sts get-caller-identity"
)
_LOGIN: Final = "Log in again:  aws sso login"
_OFTEN: Final = "AWS was asked too often at once. Run it again in some minutes."


def _request_quota(quota: Quota, needed: float, where: Mapping[str, str]) -> str:
    region = where.get("region", "")
    place = quota.service if quota.code == quota.name else f"{quota.service}/{quota.code}"
    return (
        f"the quota {quota.name!r} ({place}) in {region} must be at least "
        f"{needed:g} {quota.unit}; ask for it, which takes AWS hours to days:\n"
        f"aws service-quotas request-service-quota-increase --region {region} "
        f"--service-code {quota.service} --quota-code {_code(quota, region)} "
        f"--desired-value {needed:g}"
    )


def _code(quota: Quota, region: str) -> str:
    """The code as a command takes it."""
    if quota.code != quota.name:
        return quota.code
    return (
        f"$(aws service-quotas list-service-quotas --region {region} --service-code "
        f"{quota.service} --query \"Quotas[?QuotaName=='{quota.name}'].QuotaCode\" --output text)"
    )


def _tool_options(tool: str, config: Mapping[str, str]) -> list[str]:
    profile = config.get("aws:profile")
    return ["--profile", profile] if profile and tool == "aws" else []


def _account_of(_id: str, outputs: Mapping[str, Any]) -> str:
    arn = str(outputs.get("arn", "")).split(":")
    named = len(arn) > 5 and arn[0] == "arn" and re.fullmatch("[0-9]{12}", arn[4])
    return arn[4] if named else ""


def _list_prices(region: str) -> Quotes:
    from mllab.accounts.aws import price_list

    return price_list.ask(region)


def _open_account(config: Mapping[str, str]) -> Account:
    from mllab.accounts.aws.account import AwsAccount

    return AwsAccount(config.get("aws:region", ""), config)


AWS: Final = Cloud(
    name="aws",
    other_names=frozenset({"amazon", "amazon web services"}),
    package="aws",
    config_keys={"region": "aws:region"},
    secret_keys=frozenset({"aws:accessKey", "aws:secretKey", "aws:token"}),
    tools={
        "aws": Tool(
            "the AWS CLI",
            "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
        ),
        "session-manager-plugin": Tool(
            "the Session Manager plugin of the AWS CLI",
            "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
            "session-manager-working-with-install-plugin.html",
        ),
    },
    tool_options=_tool_options,
    quotas=partial(tables.quotas, "aws"),
    request_quota=_request_quota,
    address_quota="",
    address_stays=False,
    disk_quota="",
    counts_idle_nodes=False,
    quota_refusals=frozenset(
        {"VcpuLimitExceeded", "InstanceLimitExceeded", "ResourceLimitExceeded"}
    ),
    refusals=(re.compile(r"(^|api error )(?P<code>[A-Z][A-Za-z.]+): (?P<words>.*)", re.S),),
    # Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    hints={
        "ExpiredToken": _LOGIN,
        "ExpiredTokenException": _LOGIN,
        "RequestExpired": f"{_LOGIN}   (and check this machine's clock)",
        "VcpuLimitExceeded": _QUOTA,
        "InstanceLimitExceeded": _QUOTA,
        "ResourceLimitExceeded": _QUOTA.replace("/ec2/", "/sagemaker/"),
        "VpcLimitExceeded": "Remove a network that nobody needs, or ask AWS for more:\n"
        "  https://console.aws.amazon.com/servicequotas/home/services/vpc/quotas",
        "InsufficientInstanceCapacity": "AWS has no such machine in this zone at present. Try it "
        "again later, or take another\n`size` in the stack file.",
        "UnauthorizedOperation": _DENIED,
        "AccessDenied": _DENIED,
        "AccessDeniedException": _DENIED,
        "RequestLimitExceeded": _OFTEN,
        "Throttling": _OFTEN,
    },
    known_errors=(
        KnownError(
            re.compile(
                r"ExpiredToken|RequestExpired|token .*(has|is) expired|security token included in "
                r"the request is expired|SSO session .*expired|failed to refresh cached "
                r"credentials, refresh",
                re.I,
            ),
            "the AWS credentials ended in the middle of the run; what was done until then is "
            "recorded",
            "Log in again (aws sso login), then go on:  mllab {verb} {stack}",
            changed=True,
        ),
        KnownError(
            re.compile(
                r"No valid credential sources|NoCredentialProviders|failed to refresh cached "
                r"credentials|unable to validate AWS credentials|Invalid credentials configured|"
                r"InvalidClientTokenId",
                re.I,
            ),
            "there are no valid AWS credentials; nothing was changed",
            "Log in:  aws sso login   (or aws configure). Whose they are:  "
            "aws sts get-caller-identity",
        ),
    ),
    # Source: SageMaker API reference, VolumeSizeInGB
    limits={"managed home_gb": (5, 16384, "a SageMaker notebook instance has 5 to 16384 GB")},
    not_for_managed={
        "disk_gb": "a SageMaker notebook instance has a system disk of its own size",
    },
    managed_must_stop="SageMaker measures nothing by which a notebook instance whose own watchdog "
    "never ran could be told from one at work",
    # Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    refused_names=((r"(sthree|amzn-s3-demo)-.*", "S3 keeps buckets that begin so for itself"),),
    seats_have_names=False,
    cut_off={
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    },
    whoami=login.ask,
    account_of=_account_of,
    open_account=_open_account,
    list_prices=_list_prices,
)
