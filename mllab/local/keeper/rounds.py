"""One round of the keeper: what was used is counted, and what is due is stopped."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from mllab.errors import LabError
from mllab.local import jobs, process, records
from mllab.local.job_files import ENDED
from mllab.local.keeper import ledger
from mllab.local.keeper.instant import Instant
from mllab.local.keeper.ledger import Ledger, Use
from mllab.local.keeper.plan import Plan
from mllab.local.keeper.seat import Seat
from mllab.local.keeper.spent import AT_LEAST, Spent, amounts
from mllab.local.service import Place
from mllab.protocol.provider import ProviderFailure

STATUS: Final = "status.json"
"""In the keeper's own folder: what it found and did at its last look, for people and programs."""
_JOB: Final = "job "
_BUDGET: Final = "the budget of "
_END: Final = "the lab's last day was "
"""How the reasons begin for which the keeper closes a queue."""


_FAULTS: Final = (LabError, ProviderFailure, OSError, ValueError, subprocess.SubprocessError)


class Keeper:
    """Who looks after a lab.

    Args:
        place: where it lives. say: takes a line for the log.
    """

    def __init__(self, place: Place, say: Callable[[str], None]) -> None:
        self.place, self._say = place, say
        self._acts: dict[str, str] = {}

    def look(self, plan: Plan, now: Instant) -> None:
        """One round. What fails in one part is said, and keeps none of the others from it."""
        self._problems: list[str] = []
        seats = [Seat(self.place, name) for name in plan.seats]
        counted = self._count(plan, now, seats)
        found = amounts(counted, plan, now)
        looks = {
            seat.place.name: line
            for seat in seats
            if (line := self._seat(seat, plan, now, counted))
        }
        counted = self._budget(plan, now, counted, found, seats)
        self._queue(plan, now, found)
        self._attempt("the ledger", ledger.write, self.place.run, counted)
        status = {
            "looked": now.wall.isoformat(timespec="seconds"),
            **_told(found, plan),
            "incomplete": list(counted.gaps.get(plan.period(plan.begins(now.wall)), ())),
            "seats": looks,
            "queue": self._attempt("the queue", self._closed, plan) or "",
            "problems": self._problems,
        }
        self._attempt("the status", records.write, self.place.run / STATUS, status)

    def _count(self, plan: Plan, now: Instant, seats: list[Seat]) -> Ledger:
        before = ledger.read(self.place.run, plan, now)
        uses = [use for seat in seats for use in seat.uses(before)]
        heard: list[Use] | None
        if there := self._has_queue(plan):
            heard = self._attempt("the queue", self._jobs, plan)
        else:  # not yet, or not any more: what ran in it has ended
            heard = [Use(key, over=True) for key in before.alive if key.startswith(_JOB)]
        silent = "" if there and heard is not None else _JOB
        counted = ledger.advance(before, now, plan, [*uses, *(heard or [])], silent)
        if heard is None:
            period = plan.period(plan.begins(now.wall))
            counted = counted.noting(period, "the jobs of the queue could not be read")
        # Now, and not after what is stopped: a stop takes time, and this may be killed in it.
        self._attempt("the ledger", ledger.write, self.place.run, counted)
        return counted

    def _jobs(self, plan: Plan) -> list[Use]:
        return [
            Use(f"{_JOB}{one.id}", one.started, one.ended, over=one.state in ENDED)
            for one in jobs.listing(self.place.lab, plan.queue)
            if one.started
        ]

    def _seat(self, seat: Seat, plan: Plan, now: Instant, counted: Ledger) -> str:
        """Look after one seat; what the watchdog said, empty where the seat does not run."""
        name, since, begun = seat.place.name, seat.since(counted), seat.began()
        if since is None or begun is None:
            return ""
        due = plan.last_stop(now.wall)
        if plan.over(now.wall):
            self._stop(seat, f"{_END}{plan.ends}")
        elif due and begun < due:
            self._stop(seat, f"the daily stop at {plan.stop_at:%H:%M} {plan.zone}")
        elif line := self._attempt(name, seat.watch, plan, now, since):
            act, _, why = line.partition(": ")
            if act != "stay" or self._acts.get(name) != act:
                self._say(f"{name}: {line}")
            self._acts[name] = act
            if act == "stop":
                self._stop(seat, why)
            elif soon := self._soon(plan, now):
                words = f"JupyterLab {name} stops at {soon}. Save your work"
                self._attempt(name, seat.warn, words)
            return str(line)
        elif now.awake - since >= plan.max_hours * 3600:  # the watchdog could not look
            self._stop(seat, "longest time reached")
        return ""

    def _soon(self, plan: Plan, now: Instant) -> str:
        moment = plan.upcoming(now.wall)
        if moment is None or (moment - now.wall).total_seconds() > plan.interval:
            return ""
        return f"{moment.astimezone(plan.zone):%H:%M}"

    def _stop(self, seat: Seat, why: str) -> None:
        self._say(f"{seat.place.name}: stopped: {why}")
        name = seat.place.name
        self._attempt(name, seat.warn, f"JupyterLab {name} stops now: {why}")
        self._attempt(name, process.stop, seat.place, why)

    def _budget(
        self, plan: Plan, now: Instant, counted: Ledger, found: Spent, seats: list[Seat]
    ) -> Ledger:
        """Tell once of each percentage that is reached."""
        period = plan.period(plan.begins(now.wall))
        percent = _percent(found, plan)
        reached = max((one for one in plan.warn_percent if one <= percent), default=0)
        if reached <= counted.told.get(period, 0):
            return counted
        words = f"{reached} % of {_limit(plan)} are used: {_amount(found)}"
        self._say(words)
        for seat in seats:
            self._attempt(seat.place.name, seat.warn, words)
        return replace(counted, told={**counted.told, period: reached})

    def _queue(self, plan: Plan, now: Instant, found: Spent) -> None:
        """Close the queue, and end its jobs, while the budget is used up, or the lab over."""
        if not self._has_queue(plan):
            return
        kind = why = ""
        if plan.over(now.wall):
            kind, why = _END, f"{_END}{plan.ends}"
        elif _percent(found, plan) >= 100:
            kind, why = _BUDGET, f"{_BUDGET}{_limit(plan)} is used up: {_amount(found)}"
        closed = self._attempt("the queue", self._closed, plan)
        if closed is None:
            return
        lab, queue, ours = self.place.lab, plan.queue, closed.startswith((_BUDGET, _END))
        if why:
            if not closed or (ours and not closed.startswith(kind)):
                self._say(f"{queue}: closed, and its jobs are ended: {why}")
                self._attempt("the queue", jobs.close, lab, queue, why)
            self._attempt("the queue", jobs.end_all, lab, queue, why)
        elif ours:
            self._say(f"{queue}: open again: {_amount(found)}")
            self._attempt("the queue", jobs.reopen, lab, queue)

    def _closed(self, plan: Plan) -> str:
        return jobs.closed(self.place.lab, plan.queue) if self._has_queue(plan) else ""

    def _has_queue(self, plan: Plan) -> bool:
        """Whether it is there; one that is being made is started after the keeper."""
        return bool(plan.queue) and (Place(self.place.lab, plan.queue).run / jobs.SETTINGS).exists()

    def _attempt(self, what: str, act: Callable[..., Any], *args: Any) -> Any:
        """Do something; where it fails, say so and go on."""
        try:
            return act(*args)
        except _FAULTS as fault:
            words = f"{what}: {fault}"
            self._problems.append(words)
            self._say(words)
            return None


def _percent(found: Spent, plan: Plan) -> float:
    """0 where nothing is known to be spent: what is unknown ends nobody's work."""
    return 100 * (found.usd or 0.0) / plan.limit_usd


def _limit(plan: Plan) -> str:
    return f"{plan.limit_usd:g} USD per {plan.per}"


def _amount(found: Spent) -> str:
    least = "at least " if found.state == AT_LEAST else ""
    dollars = "an unknown amount" if found.usd is None else f"{least}{found.usd:.2f} USD"
    return f"{dollars}, {least}{found.hours or 0:.1f} hours"


def _told(found: Spent, plan: Plan) -> dict[str, Any]:
    return {
        "hours": found.hours,
        "usd": found.usd,
        "state": found.state,
        "limit_usd": plan.limit_usd,
        "per": plan.per,
        "percent": None if found.usd is None else _percent(found, plan),
    }
