"""`python -m mllab.local VERB LAB NAME`: what commands do to a seat's server, or to a queue."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from mllab.errors import LabError
from mllab.local import job_commands, process, records
from mllab.local.servers import SETTINGS, Servers
from mllab.local.service import Place
from mllab.local.services import SERVICES
from mllab.protocol.provider import ProviderFailure

VERBS = ("address", "token", "start", "stop")


def main(words: list[str]) -> int:
    """Do one of them. Another status than 0 with a message where it cannot be done."""
    jobs = {*words[:1]} & {*job_commands.VERBS}
    try:
        return job_commands.run(words) if jobs else _seat(words)
    except (LabError, ProviderFailure) as error:
        hint = f"\n{error.hint}" if error.hint else ""
        sys.stderr.write(f"Error: {error.message}{hint}\n")
        return error.exit_code if isinstance(error, LabError) else 1


def _seat(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m mllab.local",
        description=__doc__,
        epilog=f"Of a queue: {', '.join(job_commands.VERBS)}; each has --help.",
    )
    parser.add_argument("verb", choices=VERBS, help="address and token print what to open")
    parser.add_argument("lab", type=Path, help="the lab's folder")
    parser.add_argument("name", help="the server's")
    given = parser.parse_args(words)
    place = Place(given.lab, given.name)
    _act(given.verb, place)
    return 0


def _act(verb: str, place: Place) -> None:
    kept = records.read(place.run / SETTINGS)
    if not kept:
        there = sorted(path.parent.name for path in place.lab.glob(f"run/*/{SETTINGS}"))
        raise LabError(
            f"{place.lab} has no server {place.name}",
            hint=f"Known are {', '.join(there)}." if there else "Run `mllab up` to make the lab.",
        )
    if verb == "start":
        Servers(place.lab).start(place.name)
        return
    if verb == "stop":
        if process.state(place) != "stopped":
            process.stop(place, "stopped by its owner")
        return
    if not process.running(place):
        was = process.stopped(place)
        why = f"was stopped at {was.at}: {was.why}" if was else "does not run"
        raise LabError(f"{place.name} {why}", hint=f"Start it: {_start(place)}")
    address = SERVICES[kept["service"]].address(place, kept["port"])
    if not address:
        raise LabError(f"{place.name} has nothing that a browser could open")
    sys.stdout.write(f"{address}\n")


def _start(place: Place) -> str:
    return f"{sys.executable} -m mllab.local start {place.lab} {place.name}"


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)
