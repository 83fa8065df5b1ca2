"""A keeper's settings, and moments, as tests need them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mllab.local.keeper.instant import Instant
from mllab.local.keeper.plan import Plan

NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)
AWAKE = 100_000.0
"""How long the machine has been awake at noon, in seconds."""
SETTINGS: dict[str, Any] = {
    "seats": ["ada"],
    "queue": "",
    "idle_minutes": 10,
    "max_hours": 12,
    "stop_at": None,
    "time_zone": "UTC",
    "ends": None,
    "usd_per_hour": 0.5,
    "limit_usd": 10,
    "per": "month",
    "warn_percent": [50, 80, 100],
}


def plan(**changes: Any) -> Plan:
    """What the keeper is told, with some of it changed."""
    return Plan.of({**SETTINGS, **changes})


def moment(seconds: float, *, jumped: float = 0, boot: str = "a", awake: float = AWAKE) -> Instant:
    """So many seconds after noon; the clock was set ahead by `jumped` before."""
    wall = NOON + timedelta(seconds=seconds + jumped)
    return Instant(wall, awake + seconds, boot)
