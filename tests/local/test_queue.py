"""Jobs run as real processes: their order and room, their ends, and what they may know."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mllab.errors import LabError, UsageError
from mllab.local import jobs
from mllab.local.services import SERVICES
from tests.local.queues import NAME, Lab, gone, lab, machine_with_gpus

ENDLESS = ("sleep", "100000")
GPUS = "import os; print(repr(os.environ['CUDA_VISIBLE_DEVICES']))"


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Lab]:
    with lab(tmp_path / "lab") as found:
        yield found


def test_jobs_run_in_their_order(one: Lab, tmp_path: Path) -> None:
    order = tmp_path / "order"
    for word in "abcdefghijkl":  # beyond 9, where the order of names is another
        last = one.submit("sh", "-c", f"echo {word} >> {order}")
    one.start()
    assert one.reach(last).state == "succeeded"
    assert order.read_text().split() == list("abcdefghijkl")


def test_no_more_run_than_there_are_slots(tmp_path: Path) -> None:
    with lab(tmp_path / "lab", slots=2) as one:
        first, second, third = (one.submit(*ENDLESS) for _ in range(3))
        one.start()  # when it is ready it has given all jobs that it has room for
        assert [one.reach(number, "running").id for number in (first, second)] == ["1", "2"]
        assert one.job(third).state == "queued"
        assert one.job(third).started is None
        one.cancel(second)
        one.reach(third, "running")
        assert one.job(first).state == "running"


def test_a_gpu_is_one_jobs_at_a_time_and_others_see_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine_with_gpus(2, tmp_path, monkeypatch)
    with lab(tmp_path / "lab", slots=4, gpu_count=1) as one:
        holders = [one.submit(*ENDLESS) for _ in range(2)]
        both = one.python(GPUS, gpus=2)
        none = one.python(GPUS, gpus=0)
        one.start()
        given = [jobs.read(one.job(number).folder / "given.json") or {} for number in holders]
        assert [told["gpus"] for told in given] == [[0], [1]]
        one.cancel(holders[1])
        one.reach(holders[1])
        assert [one.job(number).state for number in (both, none)] == ["queued", "queued"]
        one.cancel(holders[0])
        assert one.said(both).split() == ["'0,1'"]
        assert one.said(none).split() == ["''"]


def test_more_gpus_than_there_are_are_lacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine_with_gpus(1, tmp_path, monkeypatch)
    queue = SERVICES["queue"]
    told = [lack.what for lack in queue.lacks({"gpu_count": 2})]
    assert told == ["each job is to get 2 GPUs, and this machine has 1"]
    assert not queue.lacks({"gpu_count": 1})


def test_a_job_works_in_a_copy_of_its_code_and_its_results_are_kept(
    one: Lab, tmp_path: Path
) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "train.py").write_text(
        "import os, pathlib\npathlib.Path(os.environ['LAB_OUTPUT'], 'x').write_text('first')\n"
    )
    number = one.submit("python", "train.py", code=code, name="digits")
    (code / "train.py").write_text("raise SystemExit('too late')")
    one.start()
    done = one.reach(number)
    assert (done.state, done.exit_code, done.name) == ("succeeded", 0, "digits")
    assert (done.output / "x").read_text() == "first"
    assert done.submitted <= done.started <= done.ended  # type: ignore[operator]


@pytest.mark.parametrize(
    ("code", "exit_code", "why"),
    [
        ("raise SystemExit(3)", 3, "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", 137, "ended by SIGKILL"),
    ],
)
def test_a_job_that_fails_says_how(one: Lab, code: str, exit_code: int, why: str) -> None:
    one.start()
    done = one.reach(one.python(code))
    assert (done.state, done.exit_code, done.why) == ("failed", exit_code, why)


def test_a_command_that_is_not_there_is_named(one: Lab) -> None:
    one.start()
    done = one.reach(one.submit("no-such-program"))
    assert (done.state, done.exit_code) == ("failed", None)
    assert "No such file or directory: 'no-such-program'" in done.why


def pids(text: str) -> list[int]:
    return [int(word) for word in text.split()]


TREE = """
import os, signal, subprocess, sys
stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True);"
child = subprocess.Popen(
    [sys.executable, "-c", stubborn + "time.sleep(100000)"],
    start_new_session=True, env={}, stdout=subprocess.PIPE)
child.stdout.readline()
# An orphan: its parent ends at once.
orphan = subprocess.run(["sh", "-c", "env -i setsid sleep 100000 >/dev/null 2>&1 & echo $!"],
    capture_output=True, text=True).stdout
print(os.getpid(), child.pid, orphan, flush=True)
"""


def test_a_job_that_runs_too_long_is_ended_with_all_that_it_started(one: Lab) -> None:
    """A child in a session and an environment of its own that ignores SIGTERM; and an orphan."""
    one.start()
    done = one.reach(one.python(TREE + "signal.pause()", hours=1 / 3600))
    assert (done.state, done.why) == ("timed out", "ran for 0.000277778 hours, its limit")
    assert len(pids(done.log.read_text())) == 3
    assert gone(pids(done.log.read_text()))


def test_what_a_job_leaves_ends_with_it(one: Lab) -> None:
    one.start()
    done = one.reach(one.python(TREE.replace("signal.SIG_IGN", "signal.SIG_DFL")))
    assert done.state == "succeeded"
    assert len(pids(done.log.read_text())) == 3
    assert gone(pids(done.log.read_text()))


def test_cancelled_jobs_end_wherever_they_are(one: Lab) -> None:
    first, second = one.submit(*ENDLESS), one.submit(*ENDLESS)
    one.start()
    one.reach(first, "running")
    assert one.cancel(second).state == "cancelled"  # it never began
    one.cancel(first)
    ended = [one.reach(number) for number in (first, second)]
    assert [(job.state, job.why) for job in ended] == [("cancelled", "cancelled")] * 2
    assert [job.exit_code for job in ended] == [143, None]
    assert [job.started is None for job in ended] == [False, True]
    before = (ended[0].folder / "end.json").read_bytes()
    assert one.cancel(first).state == "cancelled"
    assert (ended[0].folder / "end.json").read_bytes() == before
    assert one.reach(one.submit("true")).state == "succeeded"


def test_a_job_that_was_cancelled_without_a_queue_is_never_started(one: Lab) -> None:
    number = one.submit("touch", str(one.place.lab / "ran"))
    assert one.cancel(number).state == "cancelled"
    one.start()
    assert one.reach(one.submit("true")).state == "succeeded"
    assert one.job(number).state == "cancelled"
    assert not (one.place.lab / "ran").exists()


def test_two_who_submit_at_once_get_two_jobs(one: Lab) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda index: one.submit("echo", str(index)), range(40)))
    assert sorted(map(int, numbers)) == list(range(1, 41))
    told = {number: one.job(number).argv for number in numbers}
    assert told == {number: ("echo", str(index)) for index, number in enumerate(numbers)}
    assert not list(one.jobs.glob(".new-*"))


def test_a_closed_queue_says_why(one: Lab, tmp_path: Path) -> None:
    first, waits = one.submit(*ENDLESS), one.submit("touch", str(tmp_path / "ran"))
    one.start()
    one.reach(first, "running")
    why = "the month's budget of 20 USD is spent"
    jobs.close(one.place.lab, NAME, why)
    with pytest.raises(LabError, match=f"{NAME} takes no jobs: {why}"):
        one.submit("true")
    ended = {job.id: job for job in jobs.end_all(one.place.lab, NAME, why)}
    assert {(job.state, job.why) for job in ended.values()} == {("cancelled", why)}
    assert sorted(ended) == [first, waits]
    jobs.reopen(one.place.lab, NAME)
    assert one.reach(one.submit("true")).state == "succeeded"
    assert not (tmp_path / "ran").exists()


def test_a_closed_queue_starts_nothing_that_waits(one: Lab) -> None:
    waits = one.submit("true")
    jobs.close(one.place.lab, NAME, "no money")
    one.start()
    done = one.reach(waits)
    assert (done.state, done.why, done.started) == ("cancelled", "no money", None)


def test_a_job_knows_no_secret_but_its_own(tmp_path: Path) -> None:
    with lab(tmp_path / "lab", environment={"AWS_SHARED_CREDENTIALS_FILE": "keys"}) as one:
        one.start({"AWS_SECRET_ACCESS_KEY": "caller", "HOME": "caller", "LANG": "C.UTF-8"})
        number = one.submit("env", environment={"LEARNING_RATE": "0.1"})
        told = dict(line.split("=", 1) for line in one.said(number).splitlines())
        told.pop("PATH")
        assert told == {
            "AWS_SHARED_CREDENTIALS_FILE": "keys",
            "CUDA_VISIBLE_DEVICES": "",
            "HOME": str(one.place.run / "home"),
            "LAB_JOB": number,
            "LAB_OUTPUT": str(one.jobs / number / "output"),
            "LANG": "C.UTF-8",
            "LEARNING_RATE": "0.1",
            "MLLAB_JOB": str(one.jobs / number),
            "MLLAB_LAB": str(one.place.lab),
            "MLLAB_SERVER": f"{NAME}-jobs",
        }


def test_nobody_else_reads_what_a_job_is_told_or_says(one: Lab) -> None:
    one.start()
    script = "echo up; exec sleep 100000"
    number = one.submit("sh", "-c", script, environment={"TOKEN": "not-for-others"})
    job = one.heard(number)
    assert stat.S_IMODE(job.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((one.place.run / "queue.json").stat().st_mode) == 0o600
    commands = [" ".join(process.cmdline()) for process in one.processes()]
    assert len(commands) == 3
    assert not [command for command in commands if "not-for-others" in command]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"argv": ()}, "no command is given"),
        ({"gpus": 1}, rf"gpus: must be 0 to 0, which {NAME} has \(got 1\)"),
        ({"gpus": -1}, r"gpus: must be 0 to 0, .*\(got -1\)"),
        ({"hours": 2}, r"hours: must be above 0 and at most 1 \(got 2\)"),
        ({"hours": 0}, r"hours: must be above 0 and at most 1 \(got 0\)"),
        ({"code": Path("nowhere")}, "nowhere is not a folder"),
        ({"queue": "other"}, "has no queue other"),
    ],
)
def test_wrong_jobs_are_refused(one: Lab, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        jobs.submit(one.place.lab, **{"queue": NAME, "argv": ("true",), **options})  # type: ignore[arg-type]
    assert not list(one.jobs.iterdir())


def test_code_that_has_the_jobs_in_it_is_refused(one: Lab) -> None:
    with pytest.raises(UsageError, match="has the jobs of the lab in it"):
        one.submit("true", code=one.place.lab)


@pytest.mark.parametrize("number", ["7", "../jobs", "", "x"])
def test_a_job_that_is_not_there_is_named(one: Lab, number: str) -> None:
    with pytest.raises(UsageError, match=f"{NAME} has no job"):
        one.cancel(number)


@pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0, reason="needs to mount a small file system"
)
def test_a_full_disk_loses_no_end_and_leaves_no_half_of_a_job(one: Lab, tmp_path: Path) -> None:
    subprocess.run(
        ("mount", "-t", "tmpfs", "-o", "size=512k", "none", str(one.jobs)), check=True, timeout=30
    )
    try:
        one.start()
        done = one.reach(one.submit("dd", "if=/dev/zero", f"of={one.jobs / 'big'}"))
        assert (done.state, done.exit_code) == ("failed", 1)
        with pytest.raises(LabError, match="cannot be written into .*No space left on device"):
            one.submit("true")
        assert [path.name for path in one.jobs.iterdir() if path.name != "big"] == ["1"]
        (one.jobs / "big").unlink()
        assert one.reach(one.submit("true")).state == "succeeded"
    finally:
        subprocess.run(("umount", "--lazy", str(one.jobs)), check=True, timeout=30)
