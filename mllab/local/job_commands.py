"""`python -m mllab.local submit|jobs|cancel LAB QUEUE`: jobs by hand, and for programs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mllab.errors import UsageError
from mllab.local import jobs
from mllab.local.job_files import Job

VERBS = ("submit", "jobs", "cancel")


def run(words: Sequence[str]) -> int:
    """Do one of them; the exit code. Raises LabError."""
    # What follows `--` is the job's, whatever it looks like.
    own, argv = list(words), []
    if "--" in own:
        cut = own.index("--")
        own, argv = own[:cut], own[cut + 1 :]
    given = _parser().parse_args(own)
    match given.verb:
        case "submit":
            return _submit(given, argv)
        case "jobs":
            _list(jobs.listing(given.lab, given.queue), given.json)
        case _:
            job = jobs.cancel(given.lab, given.queue, given.job)
            job = jobs.wait(given.lab, given.queue, job.id, 30.0)
            sys.stdout.write(f"{job.id} {job.state}\n")
    return 0


def _submit(given: argparse.Namespace, argv: Sequence[str]) -> int:
    pairs = [pair.partition("=") for pair in given.env]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--env: must be NAME=VALUE (got {name})")
    number = jobs.submit(
        given.lab,
        given.queue,
        argv,
        name=given.name,
        code=given.code,
        environment={name: value for name, _, value in pairs},
        gpus=given.gpus,
        hours=given.hours,
    )
    sys.stdout.write(f"{number}\n")
    if not given.wait:
        return 0
    sys.stdout.flush()
    job = jobs.wait(given.lab, given.queue, number, float("inf"))
    sys.stdout.write(job.log.read_text(encoding="utf-8", errors="replace"))
    sys.stdout.write(f"{job.state}{f': {job.why}' if job.why else ''}\n")
    return 0 if job.exit_code == 0 else job.exit_code or 1


def _list(found: Sequence[Job], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(f"{json.dumps([_told(job) for job in found], indent=2)}\n")
        return
    rows = [("job", "name", "state", "submitted", "why")]
    for job in found:
        moment = job.submitted.astimezone().strftime("%d %b %H:%M:%S")
        rows.append((job.id, job.name[:30], job.state, moment, job.why))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        sys.stdout.write(f"{'  '.join((*cells, row[4])).rstrip()}\n")


def _told(job: Job) -> dict[str, object]:
    moments = {
        name: moment.isoformat() if moment else None
        for name, moment in (
            ("submitted", job.submitted),
            ("started", job.started),
            ("ended", job.ended),
        )
    }
    return {
        "id": job.id,
        "name": job.name,
        "state": job.state,
        "why": job.why,
        "exit_code": job.exit_code,
        **moments,
        "argv": list(job.argv),
        "gpus": job.gpus,
        "hours": job.hours,
        "log": str(job.log),
        "output": str(job.output),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mllab.local", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, what in (
        ("submit", "put a job into the queue, and print its number"),
        ("jobs", "list all jobs, the oldest first"),
        ("cancel", "end a job, whether or not it runs yet"),
    ):
        one = verbs.add_parser(verb, help=what, description=what)
        one.add_argument("lab", type=Path, help="the lab's folder")
        one.add_argument("queue", help="the queue's name")
        if verb == "submit":
            one.usage = f"{one.prog} LAB QUEUE [options] -- COMMAND..."
            one.add_argument("--name", default="", help="what the job is called in lists")
            one.add_argument(
                "--code",
                type=Path,
                default=Path(),
                help="folder that it gets a copy of; else this",
            )
            one.add_argument("--env", action="append", default=[], help="NAME=VALUE, for the job")
            one.add_argument("--gpus", type=int, help="that it alone sees")
            one.add_argument("--hours", type=float, help="until it is ended")
            one.add_argument("--wait", action="store_true", help="until it ends, and print its log")
        elif verb == "jobs":
            one.add_argument("--json", action="store_true", help="for programs")
        else:
            one.add_argument("job", help="its number")
    return parser
