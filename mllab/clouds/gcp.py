"""Google Cloud."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mllab.accounts.gcp import login
from mllab.clouds import tables
from mllab.clouds.contract import Cloud, KnownError, Quota, Tool, no_options

if TYPE_CHECKING:
    from mllab.accounts.contract import Account
    from mllab.accounts.quotes import Quotes

_QUOTA: Final = (
    "Ask Google for more; it takes hours to days:\n"
    "  https://console.cloud.google.com/iam-admin/quotas\n"
    "Or take what the quota allows: another `size`, or fewer seats, in the stack file."
)
_DENIED: Final = (
    "Ask an owner of the project for a role that allows it. Who is logged in:\n"
    "  gcloud auth application-default print-access-token && gcloud config get account"
)
_LOGIN: Final = "Log in again:  gcloud auth application-default login"
_ELSEWHERE: Final = (
    "Google has no such machine in this zone at present. Try it again later, or another\n"
    "zone (gcp:zone) or `size` in the stack file."
)
_OFTEN: Final = "Google Cloud was asked too often at once. Run it again in some minutes."


_ASKER: Final = "$(gcloud config get account)"
"""Whom Google asks back; without an address it denies a request about which it has a question, and
the address must be of an account that may change quotas.

Source: contactEmail of https://cloud.google.com/docs/quotas/reference/rest/v1/projects.locations.quotaPreferences
and `--email` of https://cloud.google.com/sdk/gcloud/reference/beta/quotas/preferences/create
"""


def _request_quota(quota: Quota, needed: float, where: Mapping[str, str]) -> str:
    region, project = where.get("region", ""), where.get("project", "")
    everywhere = quota.scope == "global"
    per = "per-project" if everywhere else "per-project-region"
    dimensions = "" if everywhere else f" --dimensions=region={region}"
    place = "of the project" if everywhere else f"in {region}"
    return (
        f"the quota {quota.code} {place} must be at least "
        f"{needed:g} {quota.unit}; ask for it, which takes Google hours to days:\n"
        f"gcloud beta quotas preferences create --project={project} "
        f"--service={quota.service}.googleapis.com --quota-id={quota.code.replace('_', '-')}-{per} "
        f"--preferred-value={needed:g}{dimensions} --email={_ASKER}"
    )


def _account_of(_id: str, outputs: Mapping[str, Any]) -> str:
    project = outputs.get("project")
    return project if isinstance(project, str) else ""


def _list_prices(region: str) -> Quotes:
    from mllab.accounts.gcp import catalogue

    return catalogue.ask(region)


def _open_account(config: Mapping[str, str]) -> Account:
    from mllab.accounts.gcp.account import GcpAccount

    return GcpAccount(config)


GCP: Final = Cloud(
    name="gcp",
    other_names=frozenset({"google", "google cloud platform"}),
    package="gcp",
    config_keys={"region": "gcp:region", "zone": "gcp:zone", "project": "gcp:project"},
    secret_keys=frozenset({"gcp:accessToken"}),
    tools={"gcloud": Tool("the Google Cloud CLI", login.GCLOUD.source)},
    tool_options=no_options,
    quotas=partial(tables.quotas, "gcp"),
    request_quota=_request_quota,
    address_quota="IN_USE_ADDRESSES",
    address_stays=False,
    disk_quota="SSD_TOTAL_GB",
    counts_idle_nodes=False,
    quota_refusals=frozenset({"quotaExceeded", "Quota", "QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED"}),
    # An answer that is an error, and an operation that ended in one; as in
    # https://github.com/cloud-barista/cb-spider/issues/340,
    # https://github.com/mesosphere-backup/terraform-dcos/issues/61
    refusals=(
        re.compile(r"googleapi: Error \d+: (?P<words>.*?), (?P<code>[A-Za-z]+)\s*$", re.S | re.M),
        re.compile(r"(?P<words>(?P<code>Quota) '\w+' exceeded\..*)", re.S),
        re.compile(r"(?P<code>ZONE_RESOURCE_POOL_EXHAUSTED)"),
        re.compile(r"^(?P<code>[A-Za-z_]+)( \(\d+\))?: (?P<words>.*)", re.S),
    ),
    # Source: https://cloud.google.com/compute/docs/troubleshooting, AIP-193
    hints={
        "quotaExceeded": _QUOTA,
        "Quota": _QUOTA,
        "QUOTA_EXCEEDED": _QUOTA,
        "RESOURCE_EXHAUSTED": _QUOTA,
        "ZONE_RESOURCE_POOL_EXHAUSTED": _ELSEWHERE,
        "forbidden": _DENIED,
        "PERMISSION_DENIED": _DENIED,
        "accessNotConfigured": "Enable the API that it names, once:\n"
        "  gcloud services enable <api> --project <project>",
        "SERVICE_DISABLED": "Enable the API that it names, once:\n"
        "  gcloud services enable <api> --project <project>",
        "conditionNotMet": "A policy of the organisation forbids it. Ask who runs it.",
        "rateLimitExceeded": _OFTEN,
    },
    known_errors=(
        KnownError(
            re.compile(
                r"oauth2: .*(invalid_grant|token expired)|invalid_rapt|reauth related error",
                re.I,
            ),
            "the Google Cloud login ended; what was done until then is recorded",
            "Log in again (gcloud auth application-default login), then go on:  "
            "mllab {verb} {stack}",
            changed=True,
        ),
        KnownError(
            re.compile(
                r"could not find default credentials|google: could not find|"
                r"attempted to load application default credentials",
                re.I,
            ),
            "there is no Google Cloud login that works; nothing was changed",
            "Log in:  gcloud auth application-default login",
        ),
    ),
    # Sources: Cloud Storage, soft delete; Billing budgets API, monitoringNotificationChannels
    limits={
        "notify": (0, 5, "Google Cloud sends an alert to no more"),
        "undelete_days": (7, 90, "Google Cloud keeps deleted objects 7 to 90 days or not at all"),
    },
    not_for_managed={},
    managed_must_stop="a Workbench instance gives no signs of life by which one in use could be "
    "told from a forgotten one",
    # Source: https://docs.cloud.google.com/storage/docs/buckets#naming
    refused_names=(
        (r"goog.*", "Google Cloud allows no bucket that begins with 'goog'"),
        (r".*g[o0][o0]g[l1]e.*", "Google Cloud allows no bucket with 'google' in its name"),
    ),
    seats_have_names=False,
    cut_off={
        "CLOUDSDK_CONFIG": "{nothing}",
        "GOOGLE_APPLICATION_CREDENTIALS": "{nothing}",
        "GCE_METADATA_HOST": "127.0.0.1:1",
    },
    whoami=login.ask,
    account_of=_account_of,
    open_account=_open_account,
    list_prices=_list_prices,
)
