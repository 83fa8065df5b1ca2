"""The watchdog as a program: what counts as in use, and when an idle machine stops."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.files.watched import KERNEL, Watched


def test_idle_long_enough_stops_and_not_before(watched: Watched) -> None:
    assert watched.look(5) == "stay: kernels used since the last look; up 0.1 of 2 h"
    assert watched.look(10) == "warn: nothing in use for 5 of 10 min; up 0.2 of 2 h"
    assert watched.stops == 0
    assert watched.look(15) == "stop: nothing in use for 10 of 10 min; up 0.2 of 2 h"
    assert (watched.stops, watched.forces) == (1, 0)


def test_quiet_machine_stops_at_the_next_look(watched: Watched) -> None:
    """The ground of the tests below: what keeps the machine there is the use alone."""
    watched.quiet(10)
    watched.look(15)
    assert watched.stops == 1


def kernel_runs(watched: Watched) -> None:
    watched.jupyter.answers["/api/kernels"] = [KERNEL, {**KERNEL, "execution_state": "busy"}]


def tick(watched: Watched) -> str:
    return f"2027-01-11T09:00:{len(watched.jupyter.asked):02}.000000Z"


def kernel_was_used(watched: Watched) -> None:
    watched.jupyter.answers["/api/kernels"] = [{**KERNEL, "last_activity": tick(watched)}]


def kernel_is_new(watched: Watched) -> None:
    watched.jupyter.answers["/api/kernels"] = [{**KERNEL, "id": tick(watched)}]


def somebody_types(watched: Watched) -> None:
    terminal = watched.terminals / "7"
    terminal.touch()
    os.utime(terminal, (1000 + len(watched.jupyter.asked), 1000))


def somebody_opens_a_terminal(watched: Watched) -> None:
    (watched.terminals / str(len(watched.jupyter.asked))).touch()


def gpu_works(watched: Watched) -> None:
    watched.tool("nvidia-smi", "echo 5")


def one_gpu_of_four_works(watched: Watched) -> None:
    watched.tool("nvidia-smi", "printf '0\\n4\\n97\\n0\\n'")


def somebody_is_logged_in(watched: Watched) -> None:
    watched.tool("who", "echo 'alice    pts/0        2027-01-11 09:00 (192.0.2.7)'")


def ssh_without_terminal(watched: Watched) -> None:
    if not (watched.proc / "88").exists():
        watched.process(88, "sshd", "sshd: alice@notty")


def new_ssh_without_terminal(watched: Watched) -> None:
    if not (watched.proc / "88").exists():
        watched.process(88, "sshd-session", "sshd-session: alice@notty")


def session_manager(watched: Watched) -> None:
    if not (watched.proc / "99").exists():
        watched.process(99, "ssm-session-worker", "/usr/bin/ssm-session-worker alice-0abc i-0abc")


def processors_work(watched: Watched) -> None:
    watched.load("0.00 0.30 0.90 1/200 4242")


def kept_awake(watched: Watched) -> None:
    watched.keep_awake.write_text("3600\n")


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        (kernel_runs, "kernels 1 running"),
        (kernel_was_used, "kernels used since the last look"),
        (kernel_is_new, "kernels used since the last look"),
        (somebody_types, "terminals in use"),
        (somebody_opens_a_terminal, "terminals in use"),
        (gpu_works, "GPU 5 %"),
        (one_gpu_of_four_works, "GPU 97 %"),
        (somebody_is_logged_in, "sessions alice"),
        (ssh_without_terminal, "sessions alice"),
        (new_ssh_without_terminal, "sessions alice"),
        (session_manager, "sessions SSM"),
        (processors_work, "load 0.3"),
        (kept_awake, "keep-awake for 40 more min"),
    ],
)
def test_use_in_one_way_alone_keeps_the_machine(
    use: Callable[[Watched], None], reason: str, watched: Watched
) -> None:
    watched.quiet(10)
    said = watched.looks(15, 20, between=lambda: use(watched))
    assert watched.stops == 0
    assert all(line.startswith("stay: ") for line in said)
    assert said[-1] == f"stay: {reason}; up 0.3 of 2 h"


def test_idle_time_starts_anew_after_use(watched: Watched) -> None:
    watched.looks(5, 10)
    watched.tool("nvidia-smi", "echo 60")
    watched.look(14)
    watched.tool("nvidia-smi", "echo 0")
    said = watched.looks(19, 23)
    assert [line.split(";")[0] for line in said] == [
        "warn: nothing in use for 5 of 10 min",
        "warn: nothing in use for 9 of 10 min",
    ]
    assert watched.stops == 0
    watched.look(24)
    assert watched.stops == 1


def kernel_ended(watched: Watched) -> None:
    watched.jupyter.answers["/api/kernels"] = []


def jupyter_does_not_run(watched: Watched) -> None:
    watched.jupyter.close()


def driver_is_not_loaded(watched: Watched) -> None:
    watched.tool("nvidia-smi", "echo 'could not communicate with the NVIDIA driver'; exit 9")


def no_gpu(watched: Watched) -> None:
    watched.settings["GPU"] = "0"
    watched.tool("nvidia-smi", "exit 1")


def gpu_almost_idle(watched: Watched) -> None:
    watched.tool("nvidia-smi", "echo ' 4'")


def keep_awake_is_over(watched: Watched) -> None:
    watched.keep_awake.write_text("300\n")


def starting_kernel_that_nobody_uses(watched: Watched) -> None:
    watched.jupyter.answers["/api/kernels"] = [{**KERNEL, "execution_state": "starting"}]


@pytest.mark.parametrize(
    "calm",
    [
        kernel_ended,
        jupyter_does_not_run,
        driver_is_not_loaded,
        no_gpu,
        gpu_almost_idle,
        keep_awake_is_over,
        starting_kernel_that_nobody_uses,
    ],
)
def test_nothing_in_use_is_recognised(calm: Callable[[Watched], None], watched: Watched) -> None:
    calm(watched)
    watched.quiet(10)
    watched.look(15)
    assert watched.stops == 1


def test_look_is_no_activity_of_its_own(watched: Watched) -> None:
    watched.look(5)
    assert watched.jupyter.asked == ["/api/kernels?no_track_activity=1"]


def test_terminals_hear_of_the_stop_one_look_before(watched: Watched) -> None:
    terminal = watched.terminals / "0"
    terminal.touch()
    watched.look(5)
    assert terminal.stat().st_size == 0
    watched.look(10)
    assert terminal.read_text() == (
        "\n*** mllab: this machine stops in about 5 minutes: nothing in use for 5 of 10 min;"
        " up 0.2 of 2 h. To keep it: mllab-keep-awake 2h ***\n"
    )


def test_time_without_a_look_is_not_idle_time(watched: Watched) -> None:
    watched.looks(5, 10)
    assert watched.look(30).startswith("stay: nothing in use for 0 of 10 min")
    assert watched.stops == 0


def test_one_missed_look_does_no_harm(watched: Watched) -> None:
    watched.looks(5, 15)
    assert watched.stops == 1
