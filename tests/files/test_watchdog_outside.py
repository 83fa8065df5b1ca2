"""What the watchdog tells whoever watches from outside, and the limits it is told from there."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.files.watched import Watched

LATE = 120  # minutes: MAX_HOURS


def sign(watched: Watched) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((watched.folder / "sign.json").read_text())
    assert said.keys() == {"seen_at", "busy_at", "awake_until", "why"}
    return said


# ---------------------------------------------------------------------------------- sign of life


def test_every_look_leaves_a_sign(watched: Watched) -> None:
    watched.tool("nvidia-smi", "echo 50")
    earlier = int(time.time())
    watched.look(5)
    first = sign(watched)
    assert earlier <= first["seen_at"] == first["busy_at"] <= time.time()
    assert first["why"] == "GPU 50 %; kernels 1 used; up 0.1 of 2 h"
    watched.tool("nvidia-smi", "echo 0")
    watched.look(10)
    second = sign(watched)
    assert second["seen_at"] - second["busy_at"] == 300
    assert second["awake_until"] == 0
    assert second["why"].startswith("nothing in use for 5 of 10 min")


def test_the_sign_tells_when_keep_awake_ends(watched: Watched) -> None:
    watched.keep_awake.write_text("3600\n")
    watched.look(15)
    assert sign(watched)["awake_until"] - sign(watched)["seen_at"] == 45 * 60
    watched.look(60)
    assert sign(watched)["awake_until"] == 0


def test_the_longest_time_is_no_use(watched: Watched) -> None:
    watched.looks(LATE - 10)
    watched.looks(LATE - 5, LATE)
    assert sign(watched)["seen_at"] - sign(watched)["busy_at"] == 600
    assert sign(watched)["why"].startswith("longest time reached; ")


def test_the_heartbeat_carries_the_sign_of_the_same_look(watched: Watched) -> None:
    copied = watched.folder / "sent"
    sent = f"cat {watched.folder}/sign.json >>{copied}; echo >>{copied}"
    watched.settings["HEARTBEAT_COMMAND"] = watched.tool("heartbeat", sent)
    watched.looks(5, 10, 15)
    signs = [json.loads(line) for line in copied.read_text().splitlines()]
    assert [one["why"].split(";")[0] for one in signs] == [
        "kernels 1 used",
        "nothing in use for 5 of 10 min",
        "nothing in use for 10 of 10 min",
    ]
    assert watched.stops == 1


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("exit 7", "heartbeat ended with 7"),
        ("tail -f /dev/null & tail -f /dev/null", "heartbeat hangs"),
    ],
)
def test_a_heartbeat_that_fails_is_noted_and_changes_nothing(
    body: str, note: str, watched: Watched
) -> None:
    watched.quiet(10)
    watched.settings["HEARTBEAT_COMMAND"] = watched.tool("heartbeat", body)
    watched.settings["PROBE_SECONDS"] = "3"
    said = watched.look(15)
    assert said.startswith("stop: nothing in use for 10 of 10 min; ")
    assert said.endswith(note)
    assert watched.stops == 1


# ------------------------------------------------------------------------------------ new limits


def test_limits_that_changed_hold_at_the_next_look(watched: Watched) -> None:
    watched.settings["LIMITS_COMMAND"] = watched.tool("limits", "echo IDLE_MINUTES=20")
    said = watched.looks(5, 10, 15, 20, 25)
    assert said[1].startswith("stay: nothing in use for 5 of 20 min; up 0.2 of 2 h")
    assert [line.split(":")[0] for line in said[2:]] == ["stay", "warn", "stop"]
    watched.tool("limits", "printf 'MAX_HOURS=1\\nIDLE_MINUTES=9.5\\n'")
    assert watched.look(61).startswith("stop: longest time reached; up 1.0 of 1 h")


@pytest.mark.parametrize("body", ["exit 1", "true", "echo nonsense", "echo IDLE_MINUTES="])
def test_the_last_limits_known_hold_where_nobody_tells(body: str, watched: Watched) -> None:
    watched.settings["LIMITS_COMMAND"] = watched.tool("limits", "echo IDLE_MINUTES=20")
    watched.looks(5, 10)
    watched.tool("limits", body)
    assert watched.look(15).startswith("stay: nothing in use for 10 of 20 min")
    watched.state.unlink()
    assert watched.look(20).startswith("stay: kernels 1 used")
    assert watched.look(25).startswith("warn: nothing in use for 5 of 10 min")


@pytest.mark.parametrize(
    "line",
    ["MAX_HOURS=169", "MAX_HOURS=0", "MAX_HOURS=-1", "MAX_HOURS=nan", "MAX_HOURS=inf"]
    + ["MAX_HOURS=soon", "IDLE_MINUTES=10081", "IDLE_MINUTES=1e9"],
)
def test_insane_limits_are_noted_and_change_nothing(line: str, watched: Watched) -> None:
    watched.settings["LIMITS_COMMAND"] = watched.tool("limits", f"echo {line}")
    watched.quiet(10)
    said = watched.look(15)
    key, value = line.split("=")
    assert said.startswith("stop: nothing in use for 10 of 10 min; up 0.2 of 2 h; ")
    assert f"{key} {value!r} is not above 0 and up to " in said


def test_nothing_but_the_two_limits_can_be_changed(watched: Watched) -> None:
    forbidden = f"STOP_COMMAND={watched.tool('evil', f'touch {watched.folder}/evil')}"
    watched.settings["LIMITS_COMMAND"] = watched.tool("limits", f"echo {forbidden}; echo GPU=0")
    watched.quiet(10)
    watched.tool("nvidia-smi", "echo 50")
    assert watched.look(15).startswith("stay: GPU 50 %")
    watched.look(LATE)
    assert watched.stops == 1
    assert not (watched.folder / "evil").exists()


def test_limits_that_a_broken_state_holds_are_not_believed(watched: Watched) -> None:
    watched.quiet(10)
    state = json.loads(watched.state.read_text())
    broken = {"limits": {"MAX_HOURS": "soon"}, "traces": {"CPU": 5, "kernels": {"at": "x"}}}
    watched.state.write_text(json.dumps({**state, **broken}))
    assert watched.look(15).startswith("stay: kernels 1 used; up 0.2 of 2 h; MAX_HOURS 'soon' is")
