"""JupyterLab and PyTorch: from the image or the package index, once, and Jupyter first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files.prepared import AMAZON, UBUNTU, Prepared, prepared

PIP = "pip install --no-cache-dir --disable-pip-version-check --progress-bar off"
START = "systemctl start --no-block mllab-jupyter.service"
UPDATE = "apt-get -y -q update"
INSTALL = "apt-get -y -q install python3-venv"
CUDA_13, CUDA_12 = "torch==2.14.* torchvision==0.29.*", "torch==2.10.* torchvision==0.25.*"
DRIVER = "nvidia-smi --query-gpu=driver_version --format=csv,noheader"


def ready(folder: Path, *system: str, **settings: str) -> Prepared:
    """A machine whose setup is done."""
    machine = prepared(folder, *system, **settings)
    assert machine.setup().returncode == 0
    return machine


def steps(machine: Prepared) -> list[str]:
    """What was called, without the detours of `runuser` and the question for the driver."""
    return [call for call in machine.calls if not call.startswith(("runuser", DRIVER))]


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
        ("1", CUDA_13),
        ("4", CUDA_13),
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
        f"{PIP} {CUDA_13}",
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
    assert steps(machine) == [START, f"{PIP} {CUDA_13}"]
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


@pytest.mark.parametrize(
    ("says", "torch"),
    [
        ("595.91.07", CUDA_13),  # images of AWS and Google, November 2026
        ("580.173.02", CUDA_13),
        ("580.173.02\n580.173.02", CUDA_13),  # one line for each GPU
        ("570.211.01", CUDA_12),
        ("525.60.13", CUDA_12),
    ],
)
def test_pytorch_is_one_that_the_driver_can_run(says: str, torch: str, tmp_path: Path) -> None:
    machine = ready(tmp_path, GPU="1")
    machine.does("nvidia-smi", f"echo '{says}'")
    assert machine.packages().returncode == 0
    assert machine.called("nvidia-smi") == [DRIVER]
    assert steps(machine)[-1] == f"{PIP} {torch}"
    assert machine.problems == []


@pytest.mark.parametrize(
    ("does", "problem"),
    [
        (
            "echo 'NVIDIA-SMI has failed' >&2; exit 9",
            "torch: the NVIDIA driver does not answer (nvidia-smi), so PyTorch waits for it",
        ),
        ("echo '[N/A]'", "torch: the NVIDIA driver has no version: [N/A]"),
        (
            "echo 470.256.02",
            "torch: the NVIDIA driver 470 is too old for PyTorch, which needs 525",
        ),
    ],
)
def test_a_gpu_without_a_driver_for_it_is_told_and_pytorch_waits(
    does: str, problem: str, tmp_path: Path
) -> None:
    machine = ready(tmp_path, GPU="1")
    machine.does("nvidia-smi", does)
    assert machine.packages().returncode == 1
    assert START in machine.calls, "notebooks open without it"
    assert machine.problems[1:] == [problem]
    machine.does("nvidia-smi", "echo 580.173.02")
    assert machine.packages().returncode == 0
    assert steps(machine) == [START, f"{PIP} {CUDA_13}"]
    assert machine.problems == []


def test_a_machine_without_gpus_is_asked_for_no_driver(tmp_path: Path) -> None:
    machine = ready(tmp_path, GPU="0")
    assert machine.packages().returncode == 0
    assert machine.called("nvidia-smi") == []


def test_every_installer_of_debian_packages_waits_for_the_others(tmp_path: Path) -> None:
    """Said before any of them runs: cloud-init writes files first."""
    machine = prepared(tmp_path, *UBUNTU)
    rule = (machine.root / "etc/apt/apt.conf.d/90mllab").read_text()
    assert rule == 'DPkg::Lock::Timeout "900";\n'
