"""What can be wrong on a user's own machine: one clear message, and nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pulumi.real.refusals import CHANGING, VERBS, refused
from tests.pulumi.real.world import STACK, World

pytestmark = pytest.mark.engine


# ----------------------------------------------------------------------------------- secrets


@pytest.mark.parametrize("verb", CHANGING)
def test_a_wrong_passphrase(living: World, verb: str) -> None:
    said = refused(living, verb, {"PULUMI_CONFIG_PASSPHRASE": "wrong"})
    assert f"the passphrase does not fit the secrets of {STACK}; nothing was changed" in said
    assert "unset PULUMI_CONFIG_PASSPHRASE" in said


def test_a_passphrase_that_is_lost_is_not_replaced_by_another(living: World) -> None:
    copy = living.passphrase.read_text()
    living.passphrase.unlink()
    for verb in VERBS:
        said = refused(living, verb)
        assert f"Put your copy back to {living.passphrase}" in said
        assert "PULUMI_CONFIG_PASSPHRASE_FILE" in said
        assert not living.passphrase.exists()
    living.passphrase.write_text(copy)
    assert "nothing to do" in living.run(*VERBS["preview"]).out


# ------------------------------------------------------------------------------------- state


@pytest.mark.parametrize("verb", VERBS)
def test_a_state_that_cannot_be_read_is_put_back_as_told(living: World, verb: str) -> None:
    whole = living.state.read_bytes()
    living.state.with_name(f"{living.state.name}.bak").unlink()  # it would be put back by itself
    for damaged in (whole[:3000], b"garbage", b""):
        living.state.write_bytes(damaged)
        said = refused(living, verb)
        assert f"the recorded state of {STACK} cannot be read" in said
    (copy,) = [line for line in said.splitlines() if line.startswith("  cp ")]
    subprocess.run(copy, shell=True, check=True)
    ended = living.run(*VERBS["status"])
    assert ended.code == 0, ended.err
    assert f"{len(living.deployment()['resources']) - 9} resources" in ended.out


@contextmanager
def pulumi_at_work(folder: Path) -> Iterator[int]:
    """A process that is called pulumi and does nothing."""
    named = folder / "pulumi"
    shutil.copy(shutil.which("sleep") or "", named)
    with subprocess.Popen([str(named), "600"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def lock(world: World, **owner: Any) -> Path:
    """The lock of a run that began two hours ago."""
    since = f"{datetime.now(UTC) - timedelta(hours=2):%Y-%m-%dT%H:%M:%S.123456789Z}"
    world.locks.mkdir(parents=True, exist_ok=True)
    path = world.locks / "0b0a3693-2bcd-4110-ac5c-d82205dbc300.json"
    path.write_text(json.dumps({"username": "ann", "timestamp": since, **owner}))
    return path


@pytest.mark.parametrize("verb", VERBS)
def test_a_stack_that_is_in_use_names_who_uses_it(living: World, verb: str) -> None:
    with pulumi_at_work(living.folder) as pid:
        held = lock(living, pid=pid, hostname=socket.gethostname())
        said = refused(living, verb)
        assert (
            f"{STACK} is locked by ann on {socket.gethostname()} (process {pid}), for 2 h" in said
        )
        assert held.exists()
    (command,) = [line for line in said.splitlines() if "pulumi cancel" in line]
    env = {**living.environ, "PULUMI_CONFIG_PASSPHRASE": ""}
    subprocess.run(command + " --yes", shell=True, check=True, cwd=living.project, env=env)
    assert not held.exists(), "the command that is told does it"


def test_a_lock_of_another_machine_is_never_taken_away(living: World) -> None:
    held = lock(living, pid=1, hostname="lab-pc")
    assert "ann on lab-pc (process 1)" in refused(living, "down")
    assert held.exists()
    held.write_text("garbage")
    assert str(held) in refused(living, "down")
    assert held.exists()


def test_the_lock_of_a_dead_run_is_taken_away_and_told(living: World) -> None:
    with pulumi_at_work(living.folder) as pid:
        pass
    held = lock(living, pid=pid, hostname=socket.gethostname())
    ended = living.run(*VERBS["up"])
    assert ended.code == 0, ended.err
    assert f"Removed the lock of a run that was killed: ann on {socket.gethostname()}" in ended.err
    assert not held.exists()


# ----------------------------------------------------------------------------------- the disk


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    paths = [folder, *folder.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.mark.parametrize("verb", CHANGING)
@pytest.mark.parametrize("which", ["home", "backend"])
def test_a_folder_that_cannot_be_written(living: World, verb: str, which: str) -> None:
    folder = living.home / ("backend" if which == "backend" else "")
    with read_only(folder):
        said = refused(living, verb, machine="unprivileged")
    assert "ermission denied" in said
    assert str(folder) in said
    assert "allow writing" in said.lower()


def test_without_room_for_a_backup_nothing_is_changed(living: World) -> None:
    said = refused(living, "down", machine="small files")
    assert "without a backup nothing is changed" in said
    assert "Make room" in said


# ---------------------------------------------------------------------------- what is missing


@pytest.mark.parametrize("verb", ["preview", "up", "down"])
def test_without_a_plugin_and_a_network(living: World, verb: str) -> None:
    (living.bin / "pulumi-resource-aws").unlink()
    away = {
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": None,
        "HTTPS_PROXY": "http://127.0.0.1:1",
    }
    said = refused(living, verb, away)
    assert "plugin aws v7." in said
    assert "cannot be downloaded" in said
    assert "pulumi plugin install resource aws v7." in said


@pytest.mark.parametrize("verb", VERBS)
def test_without_a_cli(living: World, verb: str) -> None:
    living.environ["PATH"] = os.pathsep.join([str(living.bin), "/usr/bin", "/bin"])
    said = refused(living, verb)
    assert f"there is no Pulumi CLI, neither on PATH nor in {living.home}" in said
    assert "mllab setup" in said


def test_a_cli_of_another_version(living: World, script: Callable[[Path, str], Path]) -> None:
    theirs = script(living.bin / "pulumi", "echo v3.300.0")
    said = refused(living, "up")
    assert f"{theirs} is version 3.300.0; mllab works with 3.256.0 to 3.260.0" in said
    assert "mllab setup" in said
