"""What a lab would be, held against the rules; nothing is made but on a simulated cloud."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from mllab.clock import SimulatedClock
from mllab.clouds import registry
from mllab.clouds.registry import PLACES
from mllab.engines.contract import Plan
from mllab.errors import LabError
from mllab.lifecycle import cost, outlook
from mllab.lifecycle.rendering import rendered
from mllab.money import risk
from mllab.money.estimate import Estimate
from mllab.rules import accepted
from mllab.rules.finding import Finding
from mllab.rules.judge import judge, own_waivers
from mllab.session.opening import on_simulated_cloud
from mllab.session.session import Session
from mllab.session.simulated import regions
from mllab.settings import files
from mllab.settings.lab import Lab

SEATS: Final = 30
"""More of them are planned, but not made: each takes the simulated cloud a tenth of a second."""


@dataclass(frozen=True)
class Looked:
    """A lab as its program declares it, what it costs, and what is against the rules.

    Args:
        over_budget: why `up` would refuse its budget, in lines; nothing where it would not.
    """

    session: Session
    estimate: Estimate
    findings: tuple[Finding, ...]
    over_budget: tuple[str, ...]


class NotLooked(Exception):
    """The lab cannot be declared here; why, in one line."""


def look(root: Path, path: Path, lab: Lab, clock: SimulatedClock) -> Looked:
    """Declare a lab, and judge it.

    Raises:
        SettingsError: all faults of the project's waivers.
        NotLooked: there is no simulated cloud for it, or its program does not run there.
    """
    known, rows = PLACES[lab.lab.cloud], own_waivers(root)
    if lab.region not in regions(lab.lab.cloud):
        raise NotLooked(f"the simulated {known.title} does not know {lab.region}")
    try:
        registry.require_sdk(known)
        with TemporaryDirectory(prefix=f"mllab-{lab.stack}-") as folder:
            config = files.config(path)
            session = on_simulated_cloud(root, lab.stack, lab, config, clock, Path(folder))
            plan = _declared(session)
    except LabError as error:
        raise NotLooked(error.message.splitlines()[0]) from error
    today = clock.today()
    found = judge(plan.resources, lab, where=files.places(path), today=today)
    findings = accepted.accept(found, rows, lab.stack, today)
    spare = accepted.unused(findings, rows, lab.stack)
    priced = cost.of(session, plan)
    over = outlook.broken(lab.stack, risk.judge(priced, lab, today))
    return Looked(session, priced, (*findings, *spare), tuple(over))


def _declared(session: Session) -> Plan:
    if len(session.declared.notebook.seats) > SEATS:
        return session.engine.preview()
    return rendered(session)
