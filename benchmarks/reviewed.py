"""A review of a change: `python -m benchmarks.reviewed committed|seats`.

`committed`: one setting of one of the committed labs. `seats`: the size of 500 notebooks.
The largest memory is that of one process; there are as many of them as processors.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import ROOT

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.edu", "-c", "commit.gpgsign=false")
LAB = "aws-course"


def project(folder: Path, which: str) -> None:
    """Labs under git, with one change that is not committed."""
    (folder / "stacks").mkdir()
    (folder / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    for file in (ROOT / "stacks").glob("Pulumi.*.yaml"):
        if which == "committed" or file.name == f"Pulumi.{LAB}.yaml":
            (folder / "stacks" / file.name).write_text(file.read_text())
    changed = folder / "stacks" / f"Pulumi.{LAB}.yaml"
    text = changed.read_text()
    if which == "seats":
        names = ", ".join(f"s{number:03}" for number in range(500))
        text = text.replace("seats: [shared]", f"seats: [{names}]")
        changed.write_text(text)
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "base")):
        subprocess.run([*GIT, *words], cwd=folder, check=True)
    changed.write_text(text.replace("size: gpu-small", "size: gpu-multi", 1))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project(Path(folder), sys.argv[1])
        words = [sys.executable, str(ROOT / "cli.py"), "review", "--out", "out"]
        done = subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL)
        if done.returncode not in {0, 1}:  # 1: 500 large machines break any budget
            sys.exit(done.returncode)


if __name__ == "__main__":
    main()
