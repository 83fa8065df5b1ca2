"""Budget on this machine: a keeper that stops what nobody uses, and counts hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

import pulumi

from components import contracts
from components.contracts import BudgetArgs, child, publish
from components.local.network import Network
from components.local.resources import Server


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What the keeper watches.

    Args:
        seats: names of their servers. queue: name of the queue.
        idle_minutes, max_hours, stop_at: see NotebookArgs.
    """

    seats: tuple[str, ...]
    queue: str
    idle_minutes: int
    max_hours: int
    stop_at: time | None


class Budget(pulumi.ComponentResource):
    """The keeper: one small process. It stops seats that nobody uses, all at the daily stop and at
    the lab's end, and counts the hours in which they or jobs had this machine in use, once however
    many ran. At 100 % of the limit it ends the jobs, and takes no more.

    Args:
        args: as on a cloud; warnings stand in its log and in `status`, nobody is mailed.
        watch: what it watches.
        usd_per_hour: what an hour of this machine in use costs; without it hours are counted, and
            their price is unknown.
    Outputs:
        id: of the keeper. limit_usd, notify.
    Cost: none.
    Source: `components/files/watchdog.py`, as on machines of a cloud
    """

    id: pulumi.Output[str]
    limit_usd: pulumi.Output[float]
    notify: pulumi.Output[list[str]]

    def __init__(
        self,
        name: str,
        args: BudgetArgs[Network],
        opts: pulumi.ResourceOptions | None = None,
        *,
        watch: Watch,
        usd_per_hour: float | None = None,
    ) -> None:
        super().__init__("mllab:local:Budget", name, None, opts)
        keeper = f"{name}-keeper"
        settings = {
            "seats": [*watch.seats],
            "queue": watch.queue,
            "idle_minutes": watch.idle_minutes,
            "max_hours": watch.max_hours,
            "stop_at": watch.stop_at.isoformat("minutes") if watch.stop_at else None,
            "time_zone": args.lab.time_zone,
            "ends": args.lab.ends.isoformat() if args.lab.ends else None,
            "usd_per_hour": usd_per_hour,
            "limit_usd": args.limit_usd,
            "per": args.per,
            "warn_percent": [*args.warn_percent],
            "notify": [*args.notify],
        }
        below = child(self, depends_on=[args.network.folder])
        Server(keeper, "keeper", settings, below)
        self.id = pulumi.Output.from_input(keeper)
        self.limit_usd = pulumi.Output.from_input(args.limit_usd)
        self.notify = pulumi.Output.from_input([*args.notify])
        publish(self, contracts.Budget)
