"""Whose account it is: asked before anything in a real cloud is changed.

The only module besides the engine that reaches a cloud, and it only asks who is asking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mllab.accounts.aws import login as aws_login
from mllab.accounts.azure import login as azure_login
from mllab.accounts.gcp import login as google_login
from mllab.errors import LabError

MARGIN: Final = 2.0
"""Times the expected duration that credentials must live: what is expected is only typical, and
credentials that end in the middle of a run can cost its state
(https://github.com/pulumi/pulumi/issues/2801)."""


@dataclass(frozen=True)
class Identity:
    """Who the credentials belong to.

    Args:
        account: AWS: the account's id, 12 digits; Azure: the subscription's; Google Cloud: the
            project's.
        principal: user or role; of AWS: its ARN.
        login: what to type to get credentials that live longer.
        kind: the cloud's word for an account. switch: how to come to another one.
        expires: when they end; None if they do not, are renewed by themselves, or do not say.
        end_unknown: True if they end but do not say when.
    """

    account: str
    principal: str
    login: str
    expires: datetime | None = None
    end_unknown: bool = False
    kind: str = "account"
    switch: str = (
        "Take the other account's credentials, for example: export AWS_PROFILE=...\n"
        "Whose they are:  aws sts get-caller-identity"
    )


def whoami(cloud: str, region: str, config: Mapping[str, str]) -> Identity:
    """Ask the cloud who the credentials belong to that the engine will find.

    Args:
        cloud: `aws`, `azure`, `gcp`.
        region: as in the stack's settings.
        config: Pulumi configuration of the stack, of which `aws:profile`, `gcp:project` and
            `azure-native:subscriptionId` count.

    Raises:
        LabError: no credentials, wrong or expired ones, no network; each with what to type.
    """
    return _WHO[cloud](region, config)


def _aws(region: str, config: Mapping[str, str]) -> Identity:
    found = aws_login.ask(region, config)
    return Identity(found.account, found.arn, found.login, found.expires, found.end_unknown)


def _azure(_region: str, config: Mapping[str, str]) -> Identity:
    found = azure_login.ask(config)
    return Identity(
        found.subscription,
        found.principal,
        found.login,
        kind="subscription",
        switch="Take the other subscription:  az account set --subscription ...\n"
        "Which it is:  az account show",
    )


def _gcp(_region: str, config: Mapping[str, str]) -> Identity:
    found = google_login.ask(config)
    return Identity(
        found.project,
        found.principal,
        found.login,
        end_unknown=found.end_unknown,
        kind="project",
        switch="Put the project back into the stack's settings (gcp:project), or give the new lab "
        "a stack of its own: mllab new NAME",
    )


_WHO: Final[Mapping[str, Callable[[str, Mapping[str, str]], Identity]]] = {
    "aws": _aws,
    "azure": _azure,
    "gcp": _gcp,
}


def accounts(state: Mapping[str, Any]) -> frozenset[str]:
    """The accounts in which a stack's resources live: AWS accounts, subscriptions, projects.

    They stand in the state after every `up`, also after one that failed or was plain `pulumi`.

    Args:
        state: as `Engine.state()` gives it.
    """
    resources = (state.get("deployment") or {}).get("resources") or ()
    found = (
        _account(str(resource.get("type", "")), str(resource.get("id", "")), outputs)
        for resource in resources
        if resource.get("custom") and not resource.get("external")
        for outputs in [resource.get("outputs") or {}]
    )
    return frozenset(filter(None, found))


def _account(type: str, id: str, outputs: Mapping[str, Any]) -> str:
    """The account that one resource tells; empty where it tells none."""
    match type.partition(":")[0]:
        case "azure-native":
            parts = id.split("/")
            return parts[2] if parts[:2] == ["", "subscriptions"] and len(parts) > 2 else ""
        case "gcp":
            project = outputs.get("project")
            return project if isinstance(project, str) else ""
        case _:
            arn = str(outputs.get("arn", "")).split(":")
            named = len(arn) > 5 and arn[0] == "arn" and _is_account(arn[4])
            return arn[4] if named else ""


def check(
    identity: Identity, recorded: frozenset[str], needed_seconds: float, now: datetime
) -> None:
    """Refuse a change that would hit another account, or outlive its credentials.

    Args:
        recorded: what `accounts` says of the stack; empty for a new one.
        needed_seconds: how long the run is expected to take.
        now: with a time zone.

    Raises:
        LabError: names both accounts, or both times.
    """
    if recorded - {identity.account}:
        raise LabError(
            f"the credentials are those of {identity.kind} {identity.account} "
            f"({identity.principal}), but this stack lives in {identity.kind} "
            f"{', '.join(sorted(recorded))}; nothing was changed",
            cure=identity.switch,
        )
    if identity.expires is None:
        return
    end = now + timedelta(seconds=needed_seconds * MARGIN)
    if identity.expires <= now:
        raise LabError(
            f"the credentials ended at {_time(identity.expires)}; nothing was changed",
            cure=identity.login,
        )
    if identity.expires < end:
        raise LabError(
            f"the credentials end at {_time(identity.expires)}, and the run may last until "
            f"{_time(end)}; nothing was changed",
            cure=identity.login,
        )


def _is_account(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit()


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
