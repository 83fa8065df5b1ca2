"""Azure's home disk, notebook variables and stop, in a folder instead of a machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.components.azure.azure_machine import (
    ARM,
    CURL,
    MACHINE,
    METADATA,
    NVME,
    SCSI,
    TOKEN,
    Machine,
)


@pytest.mark.parametrize("link", [SCSI, NVME])
def test_home_disk_is_found_by_its_slot_with_either_kind_of_disk(link: str, tmp_path: Path) -> None:
    there = Machine(tmp_path)
    (there.root / SCSI).unlink()
    there.attach(link)
    done = there.script("home-device.sh")
    assert (done.returncode, done.stdout) == (0, f"{there.disk}\n")


def test_disk_in_another_slot_is_not_taken(tmp_path: Path) -> None:
    there = Machine(tmp_path, HOME_DEVICE="lun1")
    assert there.setup().returncode == 1
    assert there.called("mkfs.ext4") == there.called("mount") == []
    assert "home disk lun1 is not attached" in there.problems[1]


@pytest.mark.parametrize("slot", ["../../sda", "lun0 x", "lunlun0"])
def test_odd_slot_is_refused(slot: str, tmp_path: Path) -> None:
    done = Machine(tmp_path, HOME_DEVICE=slot).script("home-device.sh")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("HOME_DEVICE is no slot for a disk: ")


@pytest.mark.parametrize(
    "change", [{"IDENTITY": "a\\nb;c"}, {"IDENTITY": ""}, {"BUCKET": "x y"}, {"BUCKET": "$(id)"}]
)
def test_odd_settings_reach_no_notebook(change: dict[str, str], tmp_path: Path) -> None:
    done = Machine(tmp_path, **change).script("notebook-env.sh")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.match(f"{next(iter(change))} is no ", done.stderr)


def test_trap_shutting_down_goes_on_being_billed_so_the_machine_is_deallocated(
    tmp_path: Path,
) -> None:
    there = Machine(tmp_path)
    assert there.script("deallocate.sh").returncode == 0
    assert there.urls == [
        f"{METADATA}/instance/compute/resourceId?api-version=2021-02-01&format=text",
        f"{TOKEN}&resource={ARM}/",
        f"{ARM}{MACHINE}/deallocate?api-version=2024-11-01",
    ]
    asked = there.called("curl")[-1]
    assert "--request POST" in asked
    assert "own-token" not in asked
    assert all("--fail" in call for call in there.called("curl"))
    assert all("--noproxy * " in call for call in there.called("curl")[:2])


@pytest.mark.parametrize("broken", ["resourceId", "token", "deallocate"])
def test_a_stop_that_azure_refuses_is_a_failure(broken: str, tmp_path: Path) -> None:
    """The watchdog then goes on to its last resort."""
    there = Machine(tmp_path)
    there.does("curl", f"[[ ${{@: -1}} != */{broken}* ]] || exit 22\n{CURL}")
    assert there.script("deallocate.sh").returncode != 0


def test_odd_answers_stop_no_other_machine(tmp_path: Path) -> None:
    there = Machine(tmp_path)
    there.does("curl", f"[[ ${{@: -1}} != */resourceId* ]] || {{ echo '<html>'; exit; }}\n{CURL}")
    done = there.script("deallocate.sh")
    assert done.returncode == 1
    assert done.stderr == "the metadata service gave no id of this machine: <html>\n"
    assert len(there.urls) == 1


def test_a_sign_of_life_is_the_row_of_the_seat(tmp_path: Path) -> None:
    """By the lab's identity, with a token for storage that no other program sees."""
    machine = Machine(tmp_path)
    sign = machine.root / "run/mllab-watchdog/sign.json"
    sign.parent.mkdir(parents=True)
    times = {"seen_at": 1830000000, "busy_at": 1829999000, "awake_until": 0}
    sign.write_text(json.dumps({**times, "why": "load 1.2 'and' $(more)"}))
    done = machine.script("heartbeat")
    assert (done.returncode, done.stderr) == (0, "")
    words = (machine.standins / "put").read_text().splitlines()
    assert words[-1] == (
        "https://mldata1a2b.table.core.windows.net/signs(PartitionKey='signs',RowKey='ana')"
    )
    assert words[words.index("--request") + 1] == "PUT"
    assert "x-ms-version: 2020-12-06" in words
    entity = json.loads(words[words.index("--data") + 1])
    assert entity == {"PartitionKey": "signs", "RowKey": "ana", **times}
    assert not any("token" in word for word in words)


def test_limits_are_the_machines_tags(tmp_path: Path) -> None:
    done = Machine(tmp_path).script("limits")
    assert (done.returncode, done.stdout) == (0, "IDLE_MINUTES=90\nMAX_HOURS=24\n")


def test_limits_that_cannot_be_told_are_a_failure_and_no_text(tmp_path: Path) -> None:
    """As on a machine that was made before limits were tags."""
    machine = Machine(tmp_path)
    machine.does("curl", "echo '[]'")
    done = machine.script("limits")
    assert done.returncode != 0
    assert done.stdout == ""
