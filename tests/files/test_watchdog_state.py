"""What the watchdog keeps between two looks, the clock it goes by, and how it stops."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from components.files import asking, watchdog
from tests.files.watched import Watched

IDLE = (5, 10, 15)
LATE = 120  # minutes: MAX_HOURS


UNUSABLE = {
    "empty": b"",
    "bytes": b"\xff\xfe\0",
    "half": b'{"busy_at": 0.0, "seen_at"',
    "list": b"[]",
    "nothing in it": b"{}",
    "null": b"null",
    "text": b'{"busy_at": "soon", "seen_at": 300.0, "traces": {}, "stopping": false}',
    "without end": b"[" * 100_000,
}
UNTRUE = {
    "nan": {"busy_at": float("nan")},
    "infinite": {"busy_at": float("-inf")},
    "negative": {"busy_at": -1.0},
    "busy in the future": {"busy_at": 601.0, "seen_at": 602.0},
    "seen in the future": {"seen_at": 601.0},
    "busy after seen": {"busy_at": 0.0, "seen_at": -1.0},
    "seen never": {"seen_at": float("nan")},
}


def starts_anew(watched: Watched) -> None:
    """The look at 10 minutes trusts nothing, and the idle time counts from there."""
    assert watched.look(10).startswith("stay: ")
    watched.look(15)
    assert watched.stops == 0
    watched.look(20)
    assert watched.stops == 1


@pytest.mark.parametrize("left", UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_state_starts_the_idle_time_anew(left: bytes, watched: Watched) -> None:
    watched.quiet(5)
    watched.state.write_bytes(left)
    starts_anew(watched)


@pytest.mark.parametrize("change", UNTRUE.values(), ids=UNTRUE)
def test_state_that_cannot_be_true_starts_the_idle_time_anew(
    change: dict[str, float], watched: Watched
) -> None:
    watched.quiet(5)
    memory = json.loads(watched.state.read_text())
    watched.state.write_text(json.dumps({**memory, **change}))
    starts_anew(watched)


def test_same_state_untouched_stops(watched: Watched) -> None:
    watched.quiet(5)
    watched.look(10)
    assert watched.stops == 1


@pytest.mark.parametrize("left", UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_state_is_mentioned(left: bytes, watched: Watched) -> None:
    watched.state.parent.mkdir()
    watched.state.write_bytes(left)
    assert "state.json is unusable (" in watched.look(5)
    assert "unusable" not in watched.look(10)


def below_a_file(watched: Watched) -> None:
    watched.state.parent.write_text("a file where a folder should be")


def is_a_folder(watched: Watched) -> None:
    watched.state.mkdir(parents=True)


@pytest.mark.parametrize("breaks", [below_a_file, is_a_folder])
def test_state_that_cannot_be_written_stops_at_the_longest_time_alone(
    breaks: Callable[[Watched], None], watched: Watched
) -> None:
    breaks(watched)
    said = watched.looks(*IDLE)
    assert all("state.json cannot be written" in line for line in said)
    assert watched.stops == 0
    watched.look(LATE)
    assert watched.stops == 1


def test_two_watchdogs_at_once_do_no_harm(watched: Watched) -> None:
    watched.up(5)
    for _ in range(3):
        both = [watched.start(), watched.start()]
        heard = [process.communicate(timeout=60) for process in both]
        assert not [said for said, wrong in heard if wrong or "cannot be written" in said]
        assert [process.returncode for process in both] == [0, 0]
    assert json.loads(watched.state.read_text())["seen_at"] == 300
    assert list(watched.state.parent.iterdir()) == [watched.state]
    watched.looks(10, 15)
    assert watched.stops == 1


# ------------------------------------------------------------------------------ settings, clock


@pytest.mark.parametrize("value", ["", "0", "-5", "nan", "inf", "1e999", "ten", "10 "])
def test_impossible_number_is_replaced_and_mentioned(value: str, watched: Watched) -> None:
    watched.settings["MAX_HOURS"] = value
    said = watched.look(11 * 60)
    if value == "10 ":
        assert said.startswith("stop: longest time reached; up 11.0 of 10 h")
    else:
        assert f"MAX_HOURS {value!r} is no number above 0, 12 holds" in said
        assert watched.stops == 0
        watched.look(12 * 60)
    assert watched.stops == 1


def test_defaults_hold_without_any_settings(watched: Watched) -> None:
    """Twelve hours, counted by the machine the test runs on: the stop itself is not tried."""
    assert watchdog.effective({}, []) == {**watchdog.TEXTS, **watchdog.NUMBERS}
    assert watchdog.NUMBERS["MAX_HOURS"] == "12"
    assert asking.read_settings(Path("/nowhere/lab.env")) == {}


@pytest.mark.parametrize("said", ["", "soon", "nan 1.0", "-1.0 1.0", "inf 1.0", None])
def test_uptime_that_makes_no_sense_is_asked_elsewhere(said: str | None, tmp_path: Path) -> None:
    if said is not None:
        (tmp_path / "uptime").write_text(said)
    earlier = time.monotonic()
    assert earlier <= watchdog.since_boot({"PROC": str(tmp_path)}) <= time.monotonic()


@pytest.mark.parametrize("years", [-30, 30])
def test_wall_clock_may_jump(
    years: int, watched: Watched, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same looks in this process, whose clock can be moved."""
    watched.look(0)  # writes lab.env
    watched.state.unlink()
    monkeypatch.setenv("MLLAB_SETTINGS", str(watched.folder / "lab.env"))
    now = time.time()
    for number, minutes in enumerate((5, 10, 15)):
        monkeypatch.setattr(time, "time", lambda: now + number * years * 3e7)  # noqa: B023
        watched.up(minutes)
        assert watched.stops == 0
        assert watchdog.main() == 0
    assert watched.stops == 1
    assert capfd.readouterr().out.count("\n") == 3


# ------------------------------------------------------------------------------------ the stop


def test_machine_still_there_at_the_next_look_is_forced(watched: Watched) -> None:
    watched.look(LATE)
    assert (watched.stops, watched.forces) == (1, 0)
    watched.look(LATE + 5)
    assert (watched.stops, watched.forces) == (1, 1)


def test_use_after_a_stop_in_vain_starts_again_without_force(watched: Watched) -> None:
    watched.looks(5, 10, 15)
    watched.tool("nvidia-smi", "echo 50")
    watched.look(20)
    watched.tool("nvidia-smi", "echo 0")
    watched.looks(25, 30)
    assert (watched.stops, watched.forces) == (2, 0)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/nowhere/stop", "/nowhere/stop: No such file or directory"),
        ("false", "ended with 1"),
        ("", ""),
        ("'unclosed", "No closing quotation"),
        ("tail -f /dev/null", "tail hangs"),
    ],
)
def test_stop_that_fails_is_forced_at_once(command: str, words: str, watched: Watched) -> None:
    watched.settings |= {"STOP_COMMAND": command, "STOP_SECONDS": "0.5"}
    watched.up(LATE)
    process = watched.start()
    said, wrong = process.communicate(timeout=60)
    assert (process.returncode, wrong, watched.forces) == (0, "", 1)
    assert said.splitlines()[1].startswith(f"STOP_COMMAND {command!r}: {words}")


def test_stop_that_cannot_even_be_forced_fails_the_unit(watched: Watched) -> None:
    watched.settings |= {"STOP_COMMAND": "false", "FORCE_COMMAND": "false"}
    watched.look(LATE, status=1)
    watched.settings |= {"FORCE_COMMAND": watched.tool("force", f"echo force >>{watched.forced}")}
    watched.look(LATE + 5)
    assert watched.forces == 1
