"""This machine: a lab without a cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mllab.accounts.contract import Account, UnknownAccount
from mllab.accounts.identity import Identity
from mllab.clouds.contract import Cloud, Quota, no_options

PACKAGE: Final = "mllab-local"
"""Of its resources, which a provider of our own makes."""


def _quotas() -> Mapping[str, Quota]:
    return {}


def _request(quota: Quota, needed: float, _where: Mapping[str, str]) -> str:
    return f"{needed:g} {quota.unit} are needed, and this machine has {quota.default:g}"


def _whoami(_config: Mapping[str, str]) -> Identity:
    return Identity("user", "", "")


def _account_of(_id: str, _outputs: Mapping[str, Any]) -> str:
    return ""


def _open_account(_config: Mapping[str, str]) -> Account:
    return UnknownAccount(PACKAGE)


LOCAL: Final = Cloud(
    name="local",
    other_names=frozenset({"localhost", "on-premises"}),
    package=PACKAGE,
    here=True,
    module="jupyterlab",
    config_keys={},
    secret_keys=frozenset(),
    tools={},
    tool_options=no_options,
    quotas=_quotas,
    request_quota=_request,
    address_quota="",
    address_stays=False,
    disk_quota="",
    counts_idle_nodes=False,
    quota_refusals=frozenset(),
    refusals=(),
    hints={},
    known_errors=(),
    limits={},
    not_for_managed={},
    managed_must_stop="",
    refused_names=(),
    seats_have_names=False,
    refused_settings={
        "notebook.kind": ("managed", "nobody else runs notebooks here"),
        "notebook.disk_gb": (None, "all seats share this machine's disk"),
        "notebook.home_gb": (None, "a home is a folder, which grows as the disk allows"),
        "cluster.spot": (None, "nobody takes this machine back"),
        "storage.undelete_days": (None, "what is deleted from a folder is gone"),
        "registry.keep_images": (None, "its registry cleans up nothing"),
        "lab.profile": ("strict", "the security baseline is about clouds"),
    },
    cut_off={},
    whoami=_whoami,
    account_of=_account_of,
    open_account=_open_account,
    list_prices="a machine of one's own has no list price; see local.usd_per_hour",
)
