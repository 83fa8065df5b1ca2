"""Another judge: Checkov looks at labs of every cloud, `python -m tests.checkov CHECKOV`.

Each of its failures is put right, or accepted in mllab/rules/waivers.csv with its reason. It does
not prove that a lab is safe: of many types Checkov has no check, or none of ARM's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mllab.clock import Clock
from mllab.rules import waivers
from tests.checkov import documents
from tests.policy.graphs import VARIANTS, graph

PLAN, ARM = "terraform_plan", "arm"
SECONDS = 150
"""After which Checkov hangs; it takes ten, and longer where others want the processors, too."""

LEAST = 15
"""Fewer passed checks in a report mean that Checkov did not understand the documents."""


@dataclass(frozen=True)
class Failure:
    """A check that failed for a resource, by Checkov's names: `aws_s3_bucket`, `lab-bucket`."""

    check: str
    type: str
    name: str
    profile: str
    words: str


def main(checkov: str) -> int:
    """Print what is neither right nor accepted, and what is accepted for nothing."""
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder))
        with ThreadPoolExecutor() as pool:
            asked = [
                pool.submit(ask, checkov, kind, [path for path in files if path.suffix[1:] == kind])
                for kind in (PLAN, ARM)
            ]
            found = {each for one in asked for each in failures(one.result(), files)}
    accepted = [each for each in waivers.read() if each.rule.startswith("CKV")]
    wrong = [each for each in found if not is_accepted(each, accepted)]
    for each in sorted(wrong, key=lambda one: (one.check, one.name)):
        print(f"{each.check}: {each.type} {each.name}, {each.profile}: {each.words}")
    spare = waivers.unused(accepted, {(each.check, each.type, each.profile) for each in found})
    for one in spare:
        print(f"{one.rule}: {one.name}: {one.message}; {one.fix}")
    print(f"Checkov: {len(found)} failed, {len(found) - len(wrong)} of them accepted")
    return 1 if wrong or spare else 0


def write(folder: Path) -> dict[Path, str]:
    """The labs as documents -> their profiles."""
    files = {}
    for variant in VARIANTS:
        lab, cloud = graph(variant), variant.split("-")[0]
        if cloud == "azure":
            kind, document = ARM, documents.template(lab.resources)
        else:
            kind, document = PLAN, documents.plan(lab.resources, cloud)
        path = folder / f"{variant}.{kind}"
        path.write_text(json.dumps(document, default=str))
        files[path] = lab.lab.lab.profile
    return files


def ask(checkov: str, kind: str, files: Iterable[Path]) -> Any:
    """Checkov's report on documents of one kind.

    Raises:
        RuntimeError: there is none, or it did not understand a document.
    """
    documents = []
    for path in files:  # it goes by the ending
        documents.append(path.with_name(f"{path.stem}.json"))
        documents[-1].write_bytes(path.read_bytes())
    words = [word for path in documents for word in ("-f", str(path))]
    done = subprocess.run(
        [checkov, *words, "--framework", kind, "-o", "json", "--quiet", "--skip-download"],
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    try:
        report = json.loads(done.stdout)
        summary = report["summary"]
    except (ValueError, TypeError, KeyError) as error:
        raise RuntimeError(f"Checkov gave no report: {done.stderr or done.stdout}") from error
    if summary["parsing_errors"] or summary["passed"] < LEAST * len(documents):
        raise RuntimeError(f"Checkov did not understand the documents: {summary}")
    return report


def failures(report: Any, files: dict[Path, str]) -> Iterable[Failure]:
    """The failed checks of a report."""
    profiles = {path.stem: profile for path, profile in files.items()}
    for each in report["results"]["failed_checks"]:
        type, _, name = each["resource"].rpartition(".")
        profile = profiles[Path(each["file_path"]).stem]
        yield Failure(each["check_id"], type, name, profile, each["check_name"])


def is_accepted(failure: Failure, accepted: Iterable[waivers.Waiver]) -> bool:
    """Whether a waiver that has not ended covers it."""
    today = Clock().today()
    return any(
        each.covers(failure.check, failure.type, failure.profile) and today <= each.until
        for each in accepted
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
