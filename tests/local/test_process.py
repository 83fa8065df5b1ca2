"""Servers are found, kept apart and ended, whatever happened to them. They are real processes."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from mllab.local import marked, process
from mllab.local.service import Launch, Place
from mllab.protocol.provider import ProviderFailure
from tests.local.waiting import until

NUMBERS = itertools.count()
TURNED = "-c import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)"


@pytest.fixture
def place(lab: Path) -> Iterator[Place]:
    one = Place(lab, f"server-{next(NUMBERS)}")
    yield one
    for left in marked.tree(one):
        left.kill()


def launch(place: Place, before: str = "", then: str = "exec sleep 1000", **more: object) -> Launch:
    """A shell that does something, says that it is ready, and goes on."""
    words = f"{before}\ntouch {place.ready}\n{then}"
    return Launch(("bash", "-c", words), place.lab, **more)  # type: ignore[arg-type]


def status(pid: int, key: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.startswith(key))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to look into")
def test_it_hears_the_signals_that_its_starter_ignores_or_blocks(place: Place) -> None:
    """And does not read what is typed there."""
    typed, _ = pipe = os.pipe()
    kept = os.dup(0)
    os.dup2(typed, 0)
    signals = {signal.SIGINT, signal.SIGQUIT, signal.SIGHUP}
    before = {one: signal.signal(one, signal.SIG_IGN) for one in signals}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        pid = process.start(place, launch(place), 0).pid
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        for one, handler in before.items():
            signal.signal(one, handler)
        os.dup2(kept, 0)
        for handle in (*pipe, kept):
            os.close(handle)
    heard = 2**31 - 1  # above are glibc's own
    assert [int(status(pid, key), 16) & heard for key in ("SigIgn", "SigBlk")] == [0, 0]
    assert os.getsid(pid) == pid
    assert str(Path(f"/proc/{pid}/fd/0").readlink()) == os.devnull


def test_nothing_that_its_starter_has_open_or_knows_reaches_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-user")
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_inheritable(write, True)
    pid = process.start(place, launch(place), 0).pid
    os.close(write)
    assert os.read(read, 1) == b""  # nobody else holds the other end
    os.close(read)
    assert "AWS_SECRET_ACCESS_KEY" not in psutil.Process(pid).environ()


def test_what_it_writes_nobody_else_reads(place: Place) -> None:
    process.start(place, launch(place, f"echo secret; touch {place.run}/made"), 0)
    assert (place.run / "log").read_text() == "secret\n"
    process.stop(place, "it was enough")
    for path in (place.lab, place.lab / "run", place.run):
        assert path.stat().st_mode & 0o777 == 0o700
    files = {path.name: path.stat().st_mode & 0o777 for path in place.run.iterdir()}
    assert set(files) == {"lock", "log", "made", "ready", "stopped.json"}
    assert set(files.values()) == {0o600}


@pytest.mark.parametrize(
    "child",
    [
        pytest.param("sleep 1000 &", id="child"),
        pytest.param("setsid sleep 1000 &", id="session of its own"),
        pytest.param("(setsid nohup sleep 1000 &)", id="orphan"),
        pytest.param("env -i sleep 1000 &", id="without its environment"),
        pytest.param(f"({sys.executable} '{TURNED[:2]}' '{TURNED[3:]}' &)", id="deaf"),
        pytest.param("(setsid sleep 1000 & kill -STOP $!)", id="halted"),
    ],
)
@pytest.mark.parametrize("first_dies", [False, True], ids=["alive", "killed"])
def test_stop_ends_all_that_it_started(place: Place, child: str, first_dies: bool) -> None:
    if first_dies and "env -i" in child:
        pytest.skip("an orphan without its environment is nobody's, and cannot be told")
    now = process.start(place, launch(place, child), 0)
    until(lambda: len(marked.tree(place, now.pid)) == 2)
    all_of_it = marked.tree(place, now.pid)
    if first_dies:
        os.kill(now.pid, signal.SIGKILL)
        until(lambda: process.state(place) == "gone")
    process.stop(place)
    assert not [one for one in all_of_it if marked.alive(one.pid)]
    assert process.state(place) == "gone"


def test_a_start_ends_first_what_a_killed_server_left(place: Place) -> None:
    first = process.start(place, launch(place, "(setsid sleep 1000 &)"), 0)
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: not process.running(place))
    assert marked.tree(place)
    second = process.start(place, launch(place), 0)
    assert [one.pid for one in marked.tree(place)] == [second.pid]


def test_a_stop_leaves_other_servers_and_labs_alone(place: Place, tmp_path: Path) -> None:
    others = [Place(place.lab, f"{place.name}-beside"), Place(tmp_path, place.name)]
    for other in others:
        process.start(other, launch(other), 0)
    started_inside = (
        f"MLLAB_LAB={tmp_path} MLLAB_SERVER=from-inside sleep 1000 & touch {place.ready}; wait"
    )
    process.start(place, launch(place, then=started_inside), 0)
    inside = Place(tmp_path, "from-inside")
    until(lambda: marked.tree(inside))
    process.stop(place)
    assert [process.state(other) for other in others] == ["running", "running"]
    assert marked.tree(inside)
    for other in (*others, inside):
        process.stop(other)


def test_a_pid_that_is_used_again_is_not_the_server(place: Place) -> None:
    now = process.start(place, launch(place), 0)
    process.stop(place)
    stranger = subprocess.Popen(["sleep", "1000"])
    try:
        until(psutil.Process(stranger.pid).environ)  # not there yet at the moment it begins
        for moment in (now.started, psutil.Process(stranger.pid).create_time()):
            told = {"pid": stranger.pid, "started": moment, "port": 0}
            (place.run / "process.json").write_text(json.dumps(told))
            assert process.state(place) == "gone"
            process.stop(place)
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": 1}', '{"pid": "x", "started": 0}'])
def test_what_is_no_record_is_none(place: Place, text: str) -> None:
    now = process.start(place, launch(place), 0)
    (place.run / "process.json").write_text(text)
    assert process.running(place) is None
    assert process.start(place, launch(place), 0).pid != now.pid
    assert len(marked.tree(place)) == 1


def test_a_clock_that_was_set_loses_no_server(place: Place) -> None:
    now = process.start(place, launch(place), 0)
    path = place.run / "process.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"started": now.started - 86400}))
    assert process.state(place) == "running"


def test_one_that_runs_is_kept(place: Place) -> None:
    found: list[process.Running] = []
    threads = [
        threading.Thread(target=lambda: found.append(process.start(place, launch(place), 0)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.pid for one in found}) == 1
    assert len(found) == len(threads)


def test_a_run_that_is_killed_while_it_waits_leaves_what_the_next_finds(
    place: Place, root: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from mllab.local import process, service\n"
        "place = service.Place(Path(sys.argv[1]), sys.argv[2])\n"
        "process.start(place, service.Launch(('sleep', '1000'), place.lab), 0)"
    )
    words = [sys.executable, "-c", code, str(place.lab), place.name]
    run = subprocess.Popen(words, cwd=root, env={"PYTHONPATH": str(root)})
    try:
        until(lambda: process.running(place))
    finally:
        run.kill()
        run.wait()
    now = process.running(place)
    place.ready.touch()
    assert process.start(place, launch(place), 0) == now


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Launch(("no-such-program",), Path("/")), "no-such-program in /: No such file"),
        (Launch(("sleep", "1"), Path("/nowhere")), "sleep in /nowhere: No such file"),
        (Launch(("bash", "-c", "echo why >&2; sleep 1000 & exit 3"), Path("/")), "  why"),
    ],
)
def test_one_that_ends_while_it_starts_says_why(place: Place, ending: Launch, words: str) -> None:
    with pytest.raises(ProviderFailure, match="ended while it started") as failure:
        process.start(place, ending, 0)
    assert words in failure.value.message
    assert str(place.run / "log") in failure.value.hint
    assert not marked.tree(place)


def test_one_that_is_never_ready_is_ended(place: Place) -> None:
    with pytest.raises(ProviderFailure, match=r"did not answer in 0\.1 s, and was ended"):
        process.start(place, Launch(("sleep", "1000"), Path("/")), 0, seconds=0.1)
    assert not marked.tree(place)


def test_a_stop_on_purpose_is_told_from_death(place: Place) -> None:
    assert process.state(place) == "gone"
    process.start(place, launch(place), 0)
    process.stop(place, "idle for 60 min")
    told = process.stopped(place)
    assert told is not None
    assert (process.state(place), told.why) == ("stopped", "idle for 60 min")
    now = process.start(place, launch(place), 0)
    assert (process.state(place), process.stopped(place)) == ("running", None)
    os.kill(now.pid, signal.SIGKILL)
    until(lambda: process.state(place) == "gone")


def test_a_stop_from_within_is_refused_before_anything_is_touched(place: Place, root: Path) -> None:
    code = (
        "from pathlib import Path; from mllab.local import process, service\n"
        f"process.stop(service.Place(Path({str(place.lab)!r}), {place.name!r}))"
    )
    words = f'PYTHONPATH={root} {sys.executable} -c "$CODE"; touch {place.run}/over; sleep 1000'
    process.start(place, launch(place, then=words, env={"CODE": code}), 0)
    until((place.run / "over").exists)
    assert "this program runs inside" in (place.run / "log").read_text()
    assert process.state(place) == "running"


def test_its_own_signal_comes_first_and_it_may_take_its_time(place: Place) -> None:
    ending = "trap 'echo interrupted; exit' INT; while :; do sleep 0.01; done"
    process.start(place, launch(place, then=ending, signal=signal.SIGINT), 0)
    process.stop(place, "enough")
    assert (place.run / "log").read_text() == "interrupted\n"


def test_a_log_does_not_grow_for_ever(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOG_BYTES", 3)
    for text in ("one", "two", "three"):
        process.start(place, launch(place, f"echo {text}"), 0)
        process.stop(place, "enough")
    logs = [(place.run / name).read_text() for name in ("log", "log.1")]
    assert logs == ["three\n", "two\n"]


def test_a_start_at_another_port_ends_the_one_before(place: Place) -> None:
    """As a run leaves it that was killed before it said to which port it had come."""
    first = process.start(place, launch(place), 0)
    (place.run / "process.json").write_text(json.dumps(asdict(first) | {"port": 20001}))
    second = process.start(place, launch(place), 0)
    assert [one.pid for one in marked.tree(place)] == [second.pid]
    assert second.pid != first.pid
