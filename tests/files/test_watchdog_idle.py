"""The watchdog as a program: what counts as in use, and when an idle machine stops."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.files.watched import KERNEL, Watched


def test_idle_long_enough_stops_and_not_before(watched: Watched) -> None:
    assert watched.look(5) == "stay: kernels 1 used; up 0.1 of 2 h"
    assert watched.look(10) == "warn: nothing in use for 5 of 10 min; up 0.2 of 2 h"
    assert watched.stops == 0
    assert watched.look(15) == "stop: nothing in use for 10 of 10 min; up 0.2 of 2 h"
    assert (watched.stops, watched.forces) == (1, 0)


def test_quiet_machine_stops_at_the_next_look(watched: Watched) -> None:
    """The ground of the tests below: what keeps the machine there is the use alone."""
    watched.quiet(10)
    watched.look(15)
    assert watched.stops == 1


def kernel_runs(watched: Watched, _: int) -> None:
    watched.jupyter.answers["/api/kernels"] = [KERNEL, {**KERNEL, "execution_state": "busy"}]


def kernel_was_used(watched: Watched, minute: int) -> None:
    watched.jupyter.answers["/api/kernels"] = [{**KERNEL, "last_activity": f"09:{minute}"}]


def kernel_is_new(watched: Watched, minute: int) -> None:
    watched.jupyter.answers["/api/kernels"] = [{**KERNEL, "id": f"k{minute}"}]


def somebody_types(watched: Watched, minute: int) -> None:
    terminal = watched.terminals / "7"
    terminal.touch()
    os.utime(terminal, (minute, 1000))


def somebody_opens_a_terminal(watched: Watched, minute: int) -> None:
    terminal = watched.terminals / str(minute)
    terminal.touch()


def gpu_works(watched: Watched, _: int) -> None:
    watched.tool("nvidia-smi", "echo 5")


def one_gpu_of_four_works(watched: Watched, _: int) -> None:
    watched.tool("nvidia-smi", "printf '0\\n4\\n97\\n0\\n'")


def gpu_is_open(watched: Watched, _: int) -> None:
    watched.tool("nvidia-smi", "echo '[N/A]'")
    if not (watched.proc / "88").exists():
        (watched.process(88, "python", "/usr/bin/python3") / "fd/5").symlink_to("/dev/nvidia-uvm")


def processors_work(watched: Watched, minute: int) -> None:
    watched.cpu(0.2 * minute * 60)


def downloads(watched: Watched, minute: int) -> None:
    watched.network(20_000 * minute * 60)


def uploads(watched: Watched, minute: int) -> None:
    watched.network(0, 20_000 * minute * 60)


def reads_from_disk(watched: Watched, minute: int) -> None:
    watched.disk(200_704 * minute * 60)


def writes_to_disk(watched: Watched, minute: int) -> None:
    watched.disk(0, 200_704 * minute * 60)


def somebody_edits_in_jupyterlab(watched: Watched, minute: int) -> None:
    watched.saved.touch()
    os.utime(watched.saved, (minute, minute))


def somebody_edits_in_vs_code(watched: Watched, minute: int) -> None:
    if not (watched.proc / "90").exists():
        node = "/home/lab/.vscode-server/cli/servers/Stable-0abc/server/node"
        watched.process(90, "MainThread", node)
    watched.io(90, talked=200 * minute * 60)


def machine_is_being_set_up(watched: Watched, _: int) -> None:
    watched.units("exited", "start", "dead")


def kept_awake(watched: Watched, _: int) -> None:
    watched.keep_awake.write_text("3600\n")


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        (kernel_runs, "kernels 1 running"),
        (kernel_was_used, "kernels 1 used"),
        (kernel_is_new, "kernels 1 used"),
        (somebody_types, "terminals 1 of 1 typed in"),
        (somebody_opens_a_terminal, "terminals 1 of 3 typed in"),
        (gpu_works, "GPU 5 %"),
        (one_gpu_of_four_works, "GPU 97 %"),
        (gpu_is_open, "GPU open in python"),
        (processors_work, "CPU 0.20 cores"),
        (downloads, "network 20 KB/s"),
        (uploads, "network 20 KB/s"),
        (reads_from_disk, "disk 201 KB/s"),
        (writes_to_disk, "disk 201 KB/s"),
        (somebody_edits_in_jupyterlab, "JupyterLab saved"),
        (somebody_edits_in_vs_code, "editors 200 bytes/s"),
        (machine_is_being_set_up, "set-up mllab-packages.service"),
        (kept_awake, "keep-awake for 40 more min"),
    ],
)
def test_use_in_one_way_alone_keeps_the_machine(
    use: Callable[[Watched, int], None], reason: str, watched: Watched
) -> None:
    use(watched, 10)
    watched.quiet(10)
    for minute in (15, 20):
        use(watched, minute)
        said = watched.look(minute)
        assert watched.stops == 0
        assert said.startswith("stay: ")
    assert said == f"stay: {reason}; up 0.3 of 2 h"


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


def driver_is_broken(watched: Watched) -> None:
    """As with a driver that another version replaced; what only watches has the device open."""
    watched.tool("nvidia-smi", "echo 'Failed to initialize NVML'; exit 18")
    for number, name, device in (
        (91, "nvidia-persistenced", "/dev/nvidia-uvm"),
        (92, "amazon-cloudwatch-agent", "/dev/nvidia0"),
    ):
        (watched.process(number, name, f"/usr/bin/{name}") / "fd/3").symlink_to(device)


def no_gpu(watched: Watched) -> None:
    watched.settings["GPU"] = "0"
    watched.tool("nvidia-smi", "exit 1")


def a_little_of_everything(watched: Watched) -> None:
    watched.tool("nvidia-smi", "echo ' 4'")
    watched.cpu(0.19 * 300)
    watched.network(9_000 * 300, 9_000 * 300)
    watched.disk(90_000 * 300, 90_000 * 300)
    watched.process(90, "node", "/usr/lib/code-server/lib/node")
    watched.io(90, talked=150 * 300)


def keep_awake_is_over(watched: Watched) -> None:
    watched.keep_awake.write_text("300\n")


def starting_kernel_that_nobody_uses(watched: Watched) -> None:
    watched.jupyter.answers["/api/kernels"] = [{**KERNEL, "execution_state": "starting"}]


def set_up_fails_again_and_again(watched: Watched) -> None:
    watched.units("exited", "auto-restart", "failed")


def set_up_takes_for_ever(watched: Watched) -> None:
    watched.settings["SETUP_LIMIT_HOURS"] = "0.2"
    watched.units("start", "start", "start")


def a_terminal_is_forgotten(watched: Watched) -> None:
    """It shows something all the time."""
    for terminal in watched.terminals.iterdir():
        os.utime(terminal, (1000, 2000))


CALM = [
    kernel_ended,
    jupyter_does_not_run,
    driver_is_not_loaded,
    driver_is_broken,
    no_gpu,
    a_little_of_everything,
    keep_awake_is_over,
    starting_kernel_that_nobody_uses,
    set_up_fails_again_and_again,
    set_up_takes_for_ever,
    a_terminal_is_forgotten,
]


@pytest.mark.parametrize("calm", CALM)
def test_nothing_in_use_is_recognised(calm: Callable[[Watched], None], watched: Watched) -> None:
    terminal = watched.terminals / "3"
    terminal.touch()
    os.utime(terminal, (1000, 1000))
    watched.quiet(10)
    calm(watched)
    said = watched.look(15)
    assert said.startswith("stop: nothing in use for 10 of 10 min; up 0.2 of 2 h")
    assert "unknown" not in said
    assert watched.stops == 1


def test_a_cell_without_output_counts_for_some_hours_only(watched: Watched) -> None:
    """It may wait for an input that nobody will give."""
    watched.settings |= {"KERNEL_SILENT_HOURS": "0.4"}
    watched.jupyter.answers["/api/kernels"] = [{**KERNEL, "execution_state": "busy"}]
    said = watched.looks(5, 10, 15, 20, 25, 30, 35)
    assert [line.split(":")[0] for line in said] == ["stay"] * 5 + ["warn", "stop"]
    assert said[4].startswith("stay: kernels 1 running; ")


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
