"""What a lab costs, reckoned from what its program declares; no account is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from components import catalog
from mllab.clock import SimulatedClock
from mllab.clouds.registry import PLACES
from mllab.engines.contract import Plan
from mllab.money import estimate
from mllab.money.estimate import WEEK, Estimate
from mllab.money.lasts import MONTHS, Term, Used, used_up
from mllab.money.prices import MONTH
from mllab.session.opening import on_simulated_cloud
from mllab.session.session import Session, clock_from, project
from mllab.settings import files
from mllab.settings.lab import Lab


def term(lab: Lab, today: date) -> Term | None:
    """None for a lab without an end."""
    return Term.left(lab.lab.starts, lab.lab.ends, today)


@dataclass(frozen=True)
class Budget:
    """A lab's budget, and when it is used up.

    Args:
        limit: of each period. per: `month`, `quarter` or `year`. period: what one takes in typical
            weeks. typical, worst: when typical weeks, and days at the most, exceed the limit;
            None: never in the days that the lab has.
    """

    limit: Decimal
    per: str
    period: Decimal
    typical: Used | None
    worst: Used | None


def budget(lab: Lab, estimate: Estimate, term: Term | None) -> Budget:
    """A lab's budget beside what it costs; what no price is known of would use it up sooner."""
    limit, per, total = Decimal(str(lab.budget.limit_usd)), lab.budget.per, estimate.total()
    typical, worst = (used_up(limit, per, daily, term) for daily in (total.week / 7, total.day))
    return Budget(limit, per, total.week * MONTH / WEEK * MONTHS[per], typical, worst)


def price(stack: str, today: str | None, usage: Path | None = None) -> tuple[Session, Estimate]:
    """The estimate of a stack, and the session it was declared in; see declared."""
    session, plan = declared(stack, today, usage)
    return session, of(session, plan)


def declared(stack: str, today: str | None, usage: Path | None = None) -> tuple[Session, Plan]:
    """What the program of a stack declares, and the session it was declared in.

    Args:
        usage: a file that says what a typical week is, in the place of the stack's own section.

    Raises:
        UsageError: no such stack or day. SettingsError: all faults of its file.
    """
    root, clock = project(), clock_from(today)
    return rendered(root, files.find(root, stack), clock, usage)


def rendered(
    root: Path, path: Path, clock: SimulatedClock, usage: Path | None
) -> tuple[Session, Plan]:
    """The same of a stack file, wherever it is."""
    lab = files.load(path, now=clock.now(), usage=usage)
    with TemporaryDirectory(prefix=f"mllab-{lab.stack}-") as folder:
        session = on_simulated_cloud(root, lab.stack, lab, files.config(path), clock, Path(folder))
        return session, session.engine.preview()


def of(session: Session, plan: Plan) -> Estimate:
    """What a lab costs when it is as a plan has it."""
    lab = session.declared
    return estimate.of(plan.resources, known(lab), session.clock.today(), lab.usage)


def known(lab: Lab) -> estimate.Lab:
    """What the sums need to know of a lab besides its resources."""
    cloud = lab.lab.cloud
    return estimate.Lab(
        cloud,
        lab.region,
        seats=len(lab.notebook.seats),
        node="" if PLACES[cloud].here else catalog.machine(cloud, lab.cluster.size, "job").name,
        most=lab.cluster.max_nodes,
        spot=lab.cluster.spot,
    )
