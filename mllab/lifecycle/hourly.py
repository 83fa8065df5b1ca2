"""What machines of a lab cost an hour while they run, by what is recorded of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from mllab.clouds.registry import POWER_UNKNOWN, is_machine
from mllab.engines.contract import Resource
from mllab.engines.recorded import resource
from mllab.lifecycle.status import Finding
from mllab.money import estimate
from mllab.money.estimate import cents
from mllab.money.meters import When
from mllab.protocol import urns
from mllab.protocol.deployment import entries, stack_outputs
from mllab.protocol.provider import Change
from mllab.session import location
from mllab.session.session import Session
from mllab.settings.usage import Usage
from mllab.wording import join_limited, role

RUNNING = "running"


@dataclass(frozen=True)
class Hourly:
    """An hour of some machines, in US dollars.

    Args:
        machines: how many. usd: by prices that count. outdated: what prices that are too old, or
            have no date, add. missing: what no price at all is known of.
    """

    machines: int
    usd: Decimal
    outdated: Decimal
    missing: tuple[str, ...]

    @property
    def words(self) -> str:
        """`0.53 USD an hour by list prices`, and what is not in it."""
        if not self.usd and not self.outdated and self.missing:
            return (
                f"an unknown amount an hour: the price of {join_limited(self.missing)} is not known"
            )
        told = f"{cents(self.usd):,} USD an hour by list prices"
        if self.outdated:
            told += f", and {cents(self.outdated):,} by prices that are too old"
        if self.missing:
            told += f"; the price of {join_limited(self.missing)} is not known and not in it"
        return told


def running(session: Session, findings: Sequence[Finding]) -> tuple[Hourly, Hourly]:
    """What runs now, as the cloud has it, and what may run, where the cloud does not tell."""
    state = session.engine.state()
    changed = {one.urn: one.changes for one in findings}

    def of(power: str) -> Hourly:
        chosen = {one.urn for one in findings if one.machine == power}
        return _of(session, state, chosen, changed)

    return of(RUNNING), of(POWER_UNKNOWN)


def seat(session: Session, name: str) -> Hourly:
    """The machine of a seat."""
    state = session.engine.state()
    lab = (stack_outputs(state).get("lab") or {}).get("name", "")
    chosen = {
        entry["urn"]
        for entry in entries(state)
        if is_machine(entry["type"])
        and role(entry["urn"]) == "notebook"
        and urns.name_of(entry["urn"]) == f"{lab}-notebook-{name}"
    }
    return _of(session, state, chosen, {})


def _of(
    session: Session,
    state: Mapping[str, Any],
    chosen: Collection[str],
    changed: Mapping[str, Iterable[Change]],
) -> Hourly:
    things = [
        _changed(resource(entry), changed.get(entry["urn"], ()))
        for entry in entries(state)
        if entry["urn"] in chosen
    ]
    cloud, place = location.recorded(state)
    number = len(things)
    if things and cloud is not None and cloud.here:  # the machine is one, whoever uses it
        things = [resource(entry) for entry in entries(state)]
    if not things or cloud is None:
        return Hourly(0, Decimal(0), Decimal(0), ("the machine",))
    region = place.get(cloud.config_keys.get("region", ""), "")
    lab = estimate.Lab(cloud.name, region, number, "", 0, spot=False)
    found = estimate.of(things, lab, session.clock.today(), Usage()).part(
        lambda line: line.charge.when is When.RUNNING
    )
    missing = (one.charge.item for one in found.missing if not one.outdated.hour)
    return Hourly(
        number,
        found.total().hour,
        found.outdated.hour,
        tuple(dict.fromkeys(missing)),
    )


def _changed(thing: Resource, changes: Iterable[Change]) -> Resource:
    """As somebody changed it by hand; what stands in a list is no part of a machine's price."""
    inputs = deepcopy(dict(thing.inputs))
    for change in changes:
        *path, last = change.path.split(".")
        at: Any = inputs
        for key in path:
            at = at.get(key) if isinstance(at, dict) else None
        if isinstance(at, dict):
            at[last] = change.after
    return replace(thing, inputs=inputs)
