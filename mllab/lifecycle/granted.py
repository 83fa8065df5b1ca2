"""What the account of a stack grants and offers, and what the lab lacks of it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from components import catalog
from mllab.accounts.contract import Grant, Offer, Placement
from mllab.accounts.responses import QueryFailed
from mllab.clouds import registry
from mllab.engines.contract import Failure, Plan
from mllab.errors import LabError, RunFailed
from mllab.lifecycle import quota, rebuild
from mllab.lifecycle.observer import Observer
from mllab.lifecycle.quota import Account, Replacement, Shortage, requests
from mllab.protocol.deployment import entries
from mllab.session.session import Session
from mllab.wording import join_limited

_ASKING: Final = "Asking the account what it has for the machines that replace others"

_NODES: Final = "job"  # what a cluster's machines are for; see `catalog.USES`

Key = TypeVar("Key")
Told = TypeVar("Told", Grant, Offer)


def refuse_short(session: Session, plan: Plan, observer: Observer) -> None:
    """Refuse to take machines away where the account has no quota, or no offer, for what is to be
    made.

    What the account does not tell is said, and taken for enough.

    Raises:
        RunFailed: names the quotas and the machines, and how to ask for more.
    """
    change = quota.replacement(plan)
    if change is None:
        return
    short = _short(session, change, observer)
    missing = _missing(session, plan, observer)
    if not short and not missing:
        return
    lines = [
        f"  {one.code}: {one.needed:g} {one.unit} needed at the same time, {_used(one)}"
        f"{one.limit:g} granted"
        for one in short
    ]
    lines += [f"  {_named(each)}: not offered, {offer.why}" for each, offer in missing.items()]
    asks = [one.request for one in short]
    asks += [_another(session, each) for each in {one.use: one for one in missing}.values()]
    again = session.command("up", rebuild.options(session, plan))
    raise RunFailed(
        f"{session.stack}: {change.what} would go, and what is to be made would be refused; "
        "nothing was changed\n" + "\n".join(lines),
        hint="\n".join([*asks, f"Then:  {again}{grant_options(session, short)}"]),
    )


def _short(session: Session, change: Replacement, observer: Observer) -> tuple[Shortage, ...]:
    """The quotas that are too small for what replaces machines."""
    lab = session.declared
    needs = {code: amount for code, amount in quota.needs_of(change, lab).items() if amount}
    ids = {entry["urn"]: str(entry.get("id", "")) for entry in entries(session.engine.state())}
    going = [ids[urn] for urn in change.going if urn in ids]
    services = _services(session, quota.codes(needs, lab))
    with observer.waiting(_ASKING):
        grants = _asked(
            lambda: session.realm.quotas(services, going), services, lambda why: Grant(why=why)
        )
    unknown = {code: each.why for code, each in grants.items() if each.limit is None}
    _note(observer, "whether the quota is enough for the machines that replace others", unknown)
    known = {code: each for code, each in grants.items() if code not in unknown}
    unused = {code: each.why for code, each in known.items() if each.used is None}
    _note(observer, "how much of the quota is in use already", unused)
    return quota.short_of(needs, lab, _account(session, grants))


def _used(short: Shortage) -> str:
    return f"{short.used:g} of them in use already, " if short.used else ""


def _missing(session: Session, plan: Plan, observer: Observer) -> Mapping[Placement, Offer]:
    """The machines that replace others, and that the account may not have."""
    wanted = _placements(session, plan)
    with observer.waiting(_ASKING):
        offers = _asked(lambda: session.realm.offers(wanted), wanted, lambda why: Offer(None, why))
    untold = {_named(each): offer.why for each, offer in offers.items() if offer.there is None}
    _note(observer, "whether the machines that replace others are offered", untold)
    return {each: offer for each, offer in offers.items() if offer.there is False}


def _placements(session: Session, plan: Plan) -> list[Placement]:
    """The machines that a plan makes, and where; in the region, where no zone is known."""
    inputs = {each.urn: each.inputs for each in plan.resources}
    lab = session.declared
    found = []
    for of, use, size in (
        ("notebook", lab.notebook.kind, lab.notebook.size),
        ("cluster", _NODES, lab.cluster.size),
    ):
        made = [step.urn for step in quota.machines(plan, of) if step.op in quota.MAKING]
        places = {_place(session, inputs.get(urn, {})) for urn in made}
        found += [_placement(session, use, size, place) for place in sorted(places)]
    return found


def _place(session: Session, inputs: Mapping[str, Any]) -> str:
    """The zone of a machine, or its region."""
    named = (inputs.get(key) for key in ("zone", "location"))
    return next((each for each in named if isinstance(each, str)), session.declared.region)


def _placement(session: Session, use: str, size: str, place: str) -> Placement:
    machine = catalog.machine(session.declared.lab.cloud, size, use)
    return Placement(machine.type, place, machine.accelerator, use)


def _named(each: Placement) -> str:
    what = f"{each.type} with {each.accelerator}" if each.accelerator else each.type
    return f"{what} in {each.place}"


def _another(session: Session, missing: Placement) -> str:
    """What to choose instead: the sizes that are offered there."""
    sizes = {
        size: _placement(session, missing.use, size, missing.place)
        for size in catalog.sizes(session.declared.lab.cloud, missing.use)
    }
    offers = _asked(lambda: session.realm.offers(sizes.values()), (), lambda why: Offer(None, why))
    there = [size for size, each in sizes.items() if each in offers and offers[each].there]
    listed = f"; offered in {missing.place} are {join_limited(there)}" if there else ""
    setting = "cluster" if missing.use == _NODES else "notebook"
    return f"Choose another mllab:{setting}.size{listed}."


def lacking(session: Session) -> tuple[Shortage, ...]:
    """Quotas that are too small for the whole lab; none where the account's are not known."""
    if session.lab is None or session.realm.limit is None:
        return ()
    needs = quota.needs_of_all(session.lab)
    own = [str(entry.get("id", "")) for entry in entries(session.engine.state())]
    grants = session.realm.quotas(_services(session, quota.codes(needs, session.lab)), own)
    return quota.short_of(needs, session.lab, _account(session, grants))


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


def _asked(
    question: Callable[[], Mapping[Key, Told]], keys: Iterable[Key], untold: Callable[[str], Told]
) -> Mapping[Key, Told]:
    """What is answered; where nothing is, why not, for every key."""
    try:
        return question()
    except QueryFailed as error:
        why = str(error)
    except LabError as error:
        why = error.message
    return {key: untold(why) for key in keys}


def _note(observer: Observer, what: str, untold: Mapping[str, str]) -> None:
    """Say what nobody could check, and why: name -> reason."""
    for why in dict.fromkeys(untold.values()):
        names = [name for name, each in untold.items() if each == why]
        observer.note(f"not checked: {what}, {join_limited(names)} ({why})")


def _services(session: Session, codes: Collection[str]) -> dict[str, str]:
    """Code of a quota -> the service that keeps it."""
    quotas = registry.of(session.declared.lab.cloud).quotas()
    return {code: quotas[code].service for code in codes}


def _account(session: Session, grants: Mapping[str, Grant]) -> Account:
    """The account's quotas, as they are told; what is not told forbids nothing."""

    def limit(code: str) -> float:
        told = grants[code].limit
        return math.inf if told is None else told

    return Account(limit, _where(session), lambda code: grants[code].used or 0.0)


def _where(session: Session) -> dict[str, str]:
    """Region, project and the like, as a cloud's commands need them."""
    keys = registry.of(session.declared.lab.cloud).config_keys
    return {name: session.config.get(key, "") for name, key in keys.items()}
