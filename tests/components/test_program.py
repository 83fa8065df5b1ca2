"""Every setting reaches the argument it is meant for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, time
from functools import partial
from typing import Any

from components.catalog import machine
from components.contracts import LabArgs
from components.environment import EnvironmentArgs
from mllab import program
from mllab.settings import files

SETTINGS = {
    "mllab:lab": {
        "cloud": "aws",
        "name": "ml101",
        "owner": "ana@example.edu",
        "profile": "strict",
        "starts": "2027-01-01",
        "ends": "2027-02-03",
    },
    "mllab:notebook": {
        "size": "gpu-medium",
        "disk_gb": 101,
        "home_gb": 51,
        "seats": ["ana", "bo"],
        "idle_minutes": 61,
        "max_hours": 13,
        "stop_at": "21:30",
        "time_zone": "Asia/Tokyo",
    },
    "mllab:cluster": {"size": "cpu-medium", "max_nodes": 7, "spot": False, "max_job_hours": 5},
    "mllab:storage": {"files": False, "keep": True, "undelete_days": 9},
    "mllab:registry": {"keep_images": 11},
    "mllab:budget": {
        "limit_usd": 77.5,
        "per": "quarter",
        "warn_percent": [33, 66],
        "notify": ["bo@example.edu"],
    },
    "mllab:aws": {"image": "ami-0123456789abcdef0", "own_costs_only": True},
}


def test_no_setting_is_lost_or_mistaken_for_another() -> None:
    values = {key: json.dumps(section) for key, section in SETTINGS.items()}
    lab = files.from_config("spring", {"aws:region": "eu-north-1", **values})
    assert program.arguments(lab) == EnvironmentArgs(
        lab=LabArgs(
            name="ml101",
            stack="spring",
            owner="ana@example.edu",
            profile="strict",
            region="eu-north-1",
            time_zone="Asia/Tokyo",
            ends=date(2027, 2, 3),
        ),
        files=False,
        keep=True,
        undelete_days=9,
        keep_images=11,
        notebook=machine("aws", "gpu-medium"),
        disk_gb=101,
        home_gb=51,
        seats=("ana", "bo"),
        idle_minutes=61,
        max_hours=13,
        stop_at=time(21, 30),
        cluster=machine("aws", "cpu-medium", "job"),
        max_nodes=7,
        spot=False,
        max_job_hours=5,
        limit_usd=77.5,
        per="quarter",
        warn_percent=(33, 66),
        notify=("bo@example.edu",),
    )
    where = program.cloud(lab)
    assert where.name == "aws"
    assert bound(where.notebook) == {"image": "ami-0123456789abcdef0"}
    assert bound(where.budget) == {"own_costs_only": True}
    assert [bound(role) for role in (where.network, where.storage, where.cluster)] == [{}] * 3


def bound(role: Callable[..., Any]) -> dict[str, Any]:
    """The switches that a class was given beforehand."""
    return role.keywords if isinstance(role, partial) else {}
