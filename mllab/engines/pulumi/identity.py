"""Whose account it is: asked before anything in a real cloud is changed.

The only module besides the engine that reaches a cloud, and it only asks who is asking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mllab.engines.pulumi import aws_login
from mllab.errors import LabError

MARGIN: Final = 2.0
"""Times the expected duration that credentials must live: what is expected is only typical, and
credentials that end in the middle of a run can cost its state
(https://github.com/pulumi/pulumi/issues/2801)."""


@dataclass(frozen=True)
class Identity:
    """Who the credentials belong to.

    Args:
        account: of AWS: the account's id, 12 digits.
        principal: user or role; of AWS: its ARN.
        login: what to type to get credentials that live longer.
        expires: when they end; None if they do not, are renewed by themselves, or do not say.
        end_unknown: True if they end but do not say when.
    """

    account: str
    principal: str
    login: str
    expires: datetime | None = None
    end_unknown: bool = False


def whoami(cloud: str, region: str, config: Mapping[str, str]) -> Identity:
    """Ask the cloud who the credentials belong to that the engine will find.

    Args:
        cloud: `aws`.
        region: as in the stack's settings.
        config: Pulumi configuration of the stack, of which `aws:profile` counts.

    Raises:
        LabError: no credentials, wrong or expired ones, no network; each with what to type.
    """
    if cloud != "aws":
        raise LabError(f"mllab cannot tell whose account it is on {cloud!r}, only on 'aws'")
    found = aws_login.ask(region, config)
    return Identity(found.account, found.arn, found.login, found.expires, found.end_unknown)


def accounts(state: Mapping[str, Any]) -> frozenset[str]:
    """The accounts in which a stack's resources live, as their ARNs tell.

    They stand in the state after every `up`, also after one that failed or was plain `pulumi`.

    Args:
        state: as `Engine.state()` gives it.
    """
    resources = (state.get("deployment") or {}).get("resources") or ()
    arns = [
        str((resource.get("outputs") or {}).get("arn", "")).split(":")
        for resource in resources
        if resource.get("custom") and not resource.get("external")
    ]
    return frozenset(
        arn[4] for arn in arns if len(arn) > 5 and arn[0] == "arn" and _is_account(arn[4])
    )


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
            f"the credentials are those of account {identity.account} ({identity.principal}), but "
            f"this stack lives in account {', '.join(sorted(recorded))}; nothing was changed",
            cure="Take the other account's credentials, for example: export AWS_PROFILE=...\n"
            "Whose they are:  aws sts get-caller-identity",
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
