"""`python -m mllab.local submit|jobs|cancel`, as people and programs run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mllab.local import job_code
from tests.local.queues import LONG, NAME, Lab, lab


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Lab]:
    with lab(tmp_path / "lab") as found:
        yield found


def run(one: Lab, verb: str, *words: str, folder: Path, code: int = 0) -> str:
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(
        (sys.executable, "-m", "mllab.local", verb, str(one.place.lab), *words),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "TZ": "UTC"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert done.returncode == code, done
    return done.stderr if code else done.stdout


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / ".git").mkdir(parents=True)
    (folder / "train.py").write_text("import os, sys; print(os.environ['RATE'], *sys.argv[1:])\n")
    (folder / ".git" / "big").write_text("history")
    return folder


def test_the_way_of_a_job(one: Lab, code: Path) -> None:
    one.start()
    words = (NAME, "--name", "digits", "--env", "RATE=0.1", "--wait")
    told = run(one, "submit", *words, "--", "python", "train.py", "--", "-x", folder=code)
    assert told == "1\n0.1 -- -x\nsucceeded\n"
    assert [path.name for path in (one.jobs / "1" / "code").iterdir()] == ["train.py"]
    assert run(one, "submit", NAME, "--", "sleep", "100000", folder=code) == "2\n"
    one.reach("2", "running")
    assert run(one, "cancel", NAME, "2", folder=code) == "2 cancelled\n"
    lines = run(one, "jobs", NAME, folder=code).splitlines()
    assert lines[0].split() == ["job", "name", "state", "submitted", "why"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["1", "digits", "succeeded"],
        ["2", "sleep", "cancelled"],
    ]
    first, second = json.loads(run(one, "jobs", NAME, "--json", folder=code))
    assert [first["exit_code"], second["exit_code"]] == [0, 143]
    assert Path(first["log"]).read_text() == "0.1 -- -x\n"


def test_a_job_that_fails_hands_on_its_exit_code(one: Lab, code: Path) -> None:
    one.start()
    run(one, "submit", NAME, "--wait", "--", "sh", "-c", "exit 7", folder=code, code=7)


@pytest.mark.parametrize(
    ("words", "code_", "message"),
    [
        (("submit", NAME), 2, "no command is given"),
        (("submit", NAME, "--env", "RATE", "--", "true"), 2, "must be NAME=VALUE (got RATE)"),
        (("submit", "other", "--", "true"), 2, "has no queue other"),
        (("jobs", "other"), 2, "has no queue other"),
        (("cancel", NAME, "9"), 2, f"{NAME} has no job 9"),
        (("submit", NAME, "--gpus", "two", "--", "true"), 2, "invalid int value: 'two'"),
    ],
)
def test_wrong_words_are_refused(
    one: Lab, code: Path, words: tuple[str, ...], code_: int, message: str
) -> None:
    assert message in run(one, *words, folder=code, code=code_)
    assert not list(one.jobs.iterdir())


def test_code_that_is_too_large_is_refused(
    one: Lab, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_code, "LIMIT_MB", 0)
    with pytest.raises(Exception, match="has more than 0 MB in it"):
        one.submit("true", code=code)
