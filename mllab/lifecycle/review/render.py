"""Brings stacks of one revision up on simulated clouds, in a process of its own.

It runs with the code of that revision, so what it hands over is small, and has a version: a home
folder, whose states are in Pulumi's format, and what the sums must know of the lab.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from components import catalog
from mllab.errors import LabError
from mllab.lifecycle.explain import explain
from mllab.lifecycle.granted import lacking
from mllab.session.opening import on_simulated_cloud
from mllab.session.session import Session, clock_from
from mllab.settings import files
from mllab.settings.lab import Lab

VERSION = 1


def day_for(starts: date | None, ends: date | None, today: date) -> date:
    """The day on which a lab is looked at: today, or its first where it is over by then."""
    return today if ends is None or ends >= today else starts or ends


def open_stack(root: Path, stack: str, home: Path, today: date) -> Session:
    """A stack of a project on a simulated cloud in `home`. Raises SettingsError."""
    path = files.find(root, stack)
    lab = files.load(path)
    clock = clock_from(day_for(lab.lab.starts, lab.lab.ends, today).isoformat())
    return on_simulated_cloud(root, stack, lab, files.config(path), clock, home)


def bring_up(root: Path, stack: str, home: Path, today: date) -> dict[str, Any]:
    """Make a stack, and say what of it no state tells.

    Returns:
        `error`, one text, empty where all is well; else also what `facts` gives.
    """
    try:
        session = open_stack(root, stack, home, today)
        wanted = [f"{one.code}={one.needed:g}" for one in lacking(session)]
        session.realm.grant([*session.realm.off, *wanted])  # what a person would ask for
        outcome = session.engine.up()
    except LabError as error:
        return {"error": error.message}
    if outcome.failures:
        return {"error": "\n".join(line.strip() for line in explain(outcome.failures))}
    return {"error": "", **facts(session.declared)}


def facts(lab: Lab) -> dict[str, Any]:
    """What the sums must know of a lab besides its resources."""
    return {
        "cloud": lab.lab.cloud,
        "region": lab.region,
        "seats": len(lab.notebook.seats),
        "node": catalog.machine(lab.lab.cloud, lab.cluster.size, "job").name,
        "most": lab.cluster.max_nodes,
        "spot": lab.cluster.spot,
        "usage": lab.usage.model_dump(mode="json"),
        "starts": lab.lab.starts and lab.lab.starts.isoformat(),
        "ends": lab.lab.ends and lab.lab.ends.isoformat(),
    }


def main() -> None:
    """Read a request from stdin, bring its stacks up one after the other, write to its file."""
    request = json.load(sys.stdin)
    found = {
        one["stack"]: bring_up(
            Path(request["root"]),
            one["stack"],
            Path(one["home"]),
            date.fromisoformat(request["today"]),
        )
        for one in request["stacks"]
    }
    document = json.dumps({"version": VERSION, "stacks": found})
    Path(request["out"]).write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
