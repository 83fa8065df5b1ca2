"""What the account of a stack grants, and what the lab lacks of it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence

from mllab.accounts.responses import QueryFailed
from mllab.clouds import registry
from mllab.engines.contract import Failure, Plan
from mllab.errors import LabError, RunFailed
from mllab.lifecycle import rebuild
from mllab.lifecycle.observer import Observer
from mllab.lifecycle.quota import Account, Shortage, requests, shortages, shortages_of
from mllab.session.session import Session
from mllab.wording import join_limited


def refuse_short(session: Session, plan: Plan, observer: Observer) -> None:
    """Refuse to take notebooks away where the quota is too small for what replaces them.

    What the account does not tell is said, and taken for enough.

    Raises:
        RunFailed: names the quotas, and how to ask for more.
    """
    lab, where = session.declared, _where(session)
    counting = shortages_of(plan, lab, Account(lambda _: -1, where))  # too small for anything
    if not counting:
        return
    told = _granted(session, [one.code for one in counting], observer)
    used = session.realm.used(session.stack, lab.region)
    short = shortages_of(plan, lab, Account(lambda code: told.get(code, math.inf), where, used))
    if not short:
        return
    lines = [
        f"  {one.code}: {one.needed:g} {one.unit} needed at the same time, {one.limit:g} granted"
        for one in short
    ]
    asks = [one.request for one in short]
    again = session.command("up", rebuild.options(session, plan))
    raise RunFailed(
        f"{session.stack}: notebooks would go, and the quota is too small for those that replace "
        "them; nothing was changed\n" + "\n".join(lines),
        hint="\n".join([*asks, f"Then:  {again}{grant_options(session, short)}"]),
    )


def _granted(session: Session, codes: Sequence[str], observer: Observer) -> Mapping[str, float]:
    """What the account grants of quotas; those that nobody tells are named."""
    quotas = registry.of(session.declared.lab.cloud).quotas().values()
    services = {quota.code: quota.service for quota in quotas if quota.code in codes}
    why = "the account does not tell"
    try:
        told = session.realm.limits(services)
    except QueryFailed as error:
        told, why = {}, str(error)
    except LabError as error:
        told, why = {}, error.message
    if unknown := [code for code in codes if code not in told]:
        observer.note(
            "not checked: whether the quota is enough for the notebooks that replace others,"
            f" {join_limited(unknown)} ({why})"
        )
    return told


def lacking(session: Session) -> tuple[Shortage, ...]:
    """Quotas that are too small for the whole lab; none where the account's are not known."""
    account = _account(session)
    return shortages(session.lab, account) if session.lab and account else ()


def grant_options(session: Session, short: Sequence[Shortage]) -> str:
    """The options that switch on what a simulated account lacks, and raise its quotas."""
    wishes = [*session.realm.off, *(f"{one.code}={one.needed:g}" for one in short)]
    return "".join(f" --grant {shlex.quote(wish)}" for wish in wishes)


def unlooked(session: Session, failures: Sequence[Failure]) -> list[str]:
    """Where nobody knows the account's quotas: what the whole lab needs of each, once."""
    if session.lab is None or session.realm.limit is not None:
        return []
    asks = requests(session.lab, failures, _where(session))
    if not asks:
        return []
    head = (
        "  For the whole lab ask once for each quota that is too small, and add what runs in the "
        "account already:"
    )
    return [head, *(f"    {line}" for ask in asks for line in ask.splitlines())]


def _account(session: Session) -> Account | None:
    """The account's quotas; None where they are not known."""
    limit = session.realm.limit
    if session.lab is None or limit is None:
        return None
    return Account(limit, _where(session), session.realm.used(session.stack, session.lab.region))


def _where(session: Session) -> dict[str, str]:
    """Region, project and the like, as a cloud's commands need them."""
    keys = registry.of(session.declared.lab.cloud).config_keys
    return {name: session.config.get(key, "") for name, key in keys.items()}
