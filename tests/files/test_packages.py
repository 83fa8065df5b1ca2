"""JupyterLab and PyTorch: from the image or the package index, once, and Jupyter first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files.prepared import AMAZON, UBUNTU, Prepared, prepared

PIP = "pip install --no-cache-dir --disable-pip-version-check --progress-bar off"
START = "systemctl start --no-block mllab-jupyter.service"
UPDATE = "apt-get -y -q -o DPkg::Lock::Timeout=300 update"
INSTALL = "apt-get -y -q -o DPkg::Lock::Timeout=300 install python3-venv"


def ready(folder: Path, *system: str, **settings: str) -> Prepared:
    """A machine whose setup is done."""
    machine = prepared(folder, *system, **settings)
    assert machine.setup().returncode == 0
    return machine


def steps(machine: Prepared) -> list[str]:
    """What was called, without the detours of `runuser`."""
    return [call for call in machine.calls if not call.startswith("runuser")]


@pytest.mark.parametrize(
    ("system", "python"),
    [
        (AMAZON, ["dnf -y -q install python3.12 python3.12-pip", "python3.12"]),
        (UBUNTU, [UPDATE, INSTALL, "python3"]),
    ],
    ids=["Amazon Linux", "Ubuntu"],
)
@pytest.mark.parametrize(
    ("gpus", "torch"),
    [
        ("0", "torch torchvision --index-url https://download.pytorch.org/whl/cpu"),
        ("1", "torch torchvision"),
        ("4", "torch torchvision"),
    ],
)
def test_jupyter_starts_before_pytorch_is_there(
    system: tuple[str, ...], python: list[str], gpus: str, torch: str, tmp_path: Path
) -> None:
    machine = ready(tmp_path, *system, GPU=gpus)
    done = machine.packages()
    assert (done.returncode, done.stderr) == (0, "")
    assert steps(machine) == [
        *python[:-1],
        "chown lab:lab /opt/mllab",
        f"{python[-1]} -m venv /opt/mllab/venv",
        f"{PIP} jupyterlab",
        START,
        f"{PIP} {torch}",
    ]
    assert (machine.root / "opt/mllab/venv/bin/jupyter-lab").exists()


def test_everything_is_installed_by_the_student_s_own_user(tmp_path: Path) -> None:
    machine = ready(tmp_path)
    machine.packages()
    assert [call.split("/bin/")[-1] for call in machine.called("runuser")] == [
        "runuser -u lab -- env HOME=/home/lab TMPDIR=/opt/mllab python3.12 -m venv /opt/mllab/venv",
        f"{PIP} jupyterlab",
        f"{PIP} torch torchvision",
    ]
    assert all(call.startswith("runuser -u lab -- ") for call in machine.called("runuser"))


def test_second_run_installs_nothing(tmp_path: Path) -> None:
    machine = ready(tmp_path)
    machine.packages()
    before = machine.tree
    assert machine.packages().returncode == 0
    assert machine.calls == [START]
    assert machine.tree == before


def test_network_that_fails_leaves_a_message_and_the_next_run_goes_on(tmp_path: Path) -> None:
    machine = ready(tmp_path)
    pip = (machine.standins / "does/pip").read_text()
    machine.does("pip", f"[[ $* != *torch* ]] || {{ echo 'no route to host' >&2; exit 1; }}\n{pip}")
    assert machine.packages().returncode == 1
    assert [line for line in machine.calls if "sleep" in line] == [
        f"sleep {pause}" for pause in (5, 15, 45, 90)
    ]
    assert machine.problems == [
        "This machine is not complete (sudo mllab-status):",
        "torch: no route to host",
    ]
    assert START in machine.calls
    machine.does("pip", pip)
    assert machine.packages().returncode == 0
    assert steps(machine) == [START, f"{PIP} torch torchvision"]
    assert machine.problems == []


def test_jupyter_that_is_not_installed_is_not_started(tmp_path: Path) -> None:
    machine = ready(tmp_path)
    machine.does("pip", "exit 1")
    assert machine.packages().returncode == 1
    assert START not in machine.calls
    assert not list((machine.root / "var/lib/mllab/done").glob("jupyterlab"))


def test_venv_that_fails_in_the_middle_is_not_taken_for_done(tmp_path: Path) -> None:
    machine = ready(tmp_path)
    machine.does("dnf", "exit 1")
    assert machine.packages().returncode == 1
    assert machine.called("python3.12") == []
    assert not (machine.root / "var/lib/mllab/done").exists()


def test_image_with_pytorch_is_used_as_it_is(tmp_path: Path) -> None:
    machine = ready(tmp_path)
    program = machine.root / "opt/pytorch/bin/jupyter-lab"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    assert machine.packages().returncode == 0
    assert machine.calls == ["chown -R lab:lab /opt/pytorch", START]
    assert (machine.root / "opt/mllab/venv").resolve() == machine.root / "opt/pytorch"
    machine.packages()
    assert machine.calls == [START]
