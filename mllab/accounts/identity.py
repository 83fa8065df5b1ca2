"""Whose account it is: asked before anything in a real cloud is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

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
    switch: str = ""


def check(
    identity: Identity, recorded: frozenset[str], needed_seconds: float, now: datetime
) -> None:
    """Refuse a change that would hit another account, or outlive its credentials.

    Args:
        recorded: what `registry.accounts` says of the stack; empty for a new one.
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
            hint=identity.switch,
        )
    if identity.expires is None:
        return
    end = now + timedelta(seconds=needed_seconds * MARGIN)
    if identity.expires <= now:
        raise LabError(
            f"the credentials ended at {_time(identity.expires)}; nothing was changed",
            hint=identity.login,
        )
    if identity.expires < end:
        raise LabError(
            f"the credentials end at {_time(identity.expires)}, and the run may last until "
            f"{_time(end)}; nothing was changed",
            hint=identity.login,
        )


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
