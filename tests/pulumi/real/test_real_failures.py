"""What can go wrong with a real lab: one clear message with the next command, and nothing lost.

The whole program, the real engine, the real backend; the account alone is simulated, and speaks as
the real provider does.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.processes import Ended
from tests.pulumi.real.world import STACK, World

pytestmark = pytest.mark.engine

VERBS = {
    "preview": ("preview", STACK),
    "status": ("status", STACK),
    "up": ("up", STACK, "--yes"),
    "down": ("down", STACK, "--yes"),
}
CHANGING = ("up", "down")
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


def soon() -> str:
    return f"{datetime.now(UTC) + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"


def refused(
    world: World, verb: str, env: Mapping[str, str | None] | None = None, *, machine: str = ""
) -> str:
    """Run a command that must be refused with one message, and change nothing. Returns it."""
    state, made = recorded(world), world.made()
    ended = world.run(*VERBS[verb], env=env, machine=machine)
    assert ended.code == 1, ended.err
    assert recorded(world) == state
    assert world.made() == made
    return message(ended)


def recorded(world: World) -> object:
    """The recorded resources; a state that cannot be read as it is."""
    try:
        return world.deployment()["resources"]
    except ValueError:
        return world.state.read_bytes()


def message(ended: Ended) -> str:
    """The one message of a command that failed."""
    assert ended.clean, ended.err
    assert ended.err.count("error: ") - ended.err.count("says: error: ") == 1, ended.err
    assert "Ended(" not in ended.err
    return ended.err[ended.err.index("error: ") :]


# ------------------------------------------------------------------------------- credentials


@pytest.mark.parametrize("verb", VERBS)
def test_without_credentials(living: World, verb: str) -> None:
    said = refused(living, verb, NO_KEYS)
    assert "AWS credentials" in said
    assert "aws configure" in said


@pytest.mark.parametrize("verb", CHANGING)
@pytest.mark.parametrize(
    ("env", "words", "cure"),
    [
        ({"AWS_ACCESS_KEY_ID": "ASIAEXPIRED"}, "credentials have expired", "aws sso login"),
        ({"AWS_ACCESS_KEY_ID": "AKIATEACHING"}, "lives in account 123456789012", "AWS_PROFILE="),
        (
            {"AWS_SESSION_TOKEN": "t", "AWS_CREDENTIAL_EXPIRATION": "soon"},
            "may last until",
            "login",
        ),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "cannot be reached", "Check the network"),
    ],
    ids=["expired", "another account", "end too soon", "no network"],
)
def test_credentials_that_will_not_do(
    living: World, verb: str, env: dict[str, str], words: str, cure: str
) -> None:
    said = refused(living, verb, {**env, **{k: soon() for k, v in env.items() if v == "soon"}})
    assert words in said
    assert cure in said


def expired(op: str, after: int) -> dict[str, Any]:
    return {"how": "expired-token", "op": op, "skip": after, "times": None}


def test_credentials_that_end_while_things_are_made(world: World) -> None:
    ended = world.run(*VERBS["up"], env=world.failing(expired("create", 10)))
    said = message(ended)
    assert ended.code == 1
    assert said.count("ExpiredToken") == 1, "one cause, told once"
    assert "aws sso login" in said
    assert f"mllab up {STACK}" in said
    made = world.made()
    assert len(made) == 10
    names = [entry["urn"].rpartition("::")[2] for entry in world.deployment()["resources"]]
    assert set(made) <= set(names), "what was made is recorded"

    assert world.run(*VERBS["up"]).code == 0
    assert len(world.made()) == len(set(world.made())), "and not made again"


@pytest.mark.parametrize("verb", ["status", "up"])
def test_credentials_that_end_while_things_are_read(living: World, verb: str) -> None:
    made = living.made()
    ended = living.run(*VERBS[verb], env=living.failing(expired("read", 3)))
    said = message(ended)
    assert ended.code == 1
    assert "credentials ended" in said
    assert f"aws sso login), then go on:  mllab {verb} {STACK}" in said
    assert living.made() == made
    assert "nothing to do" in living.run(*VERBS["preview"]).out


def test_credentials_that_end_while_things_are_deleted(living: World) -> None:
    everything = living.made()
    ended = living.run(*VERBS["down"], env=living.failing(expired("delete", 3)))
    assert ended.code == 3, ended.err
    said = message(ended)
    left = living.made()
    assert 0 < len(left) < len(everything)
    for name in left:
        assert name in said, "what may still cost money is named"
    assert said.count("ExpiredToken") == 1
    assert "aws sso login" in said
    assert f"mllab down {STACK}" in said

    assert living.run(*VERBS["down"]).code == 0
    assert living.made() == []


# ---------------------------------------------------------------------------------- refusals

VCPUS = (
    "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the "
    "instance bucket that the specified instance type belongs to. Please visit "
    "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
)
MACHINE = {"op": "create", "type": "aws:ec2/instance:Instance"}


def test_what_the_account_refuses_is_told_and_then_gone_on_with(world: World) -> None:
    quota = {**MACHINE, "how": "before", "code": "VcpuLimitExceeded", "message": VCPUS}
    ended = world.run(*VERBS["up"], env=world.failing(quota))
    assert ended.code == 1
    said = message(ended)
    assert f"VcpuLimitExceeded: {VCPUS}" in said
    assert "RequestID" not in said
    assert "https://console.aws.amazon.com/servicequotas" in said
    assert f"mllab up {STACK}" in said
    made = world.made()

    ended = world.run(*VERBS["up"], env=world.failing({**MACHINE, "how": "capacity"}))
    assert ended.code == 1
    said = message(ended)
    assert "InsufficientInstanceCapacity: We currently do not have sufficient capacity" in said
    assert "later, or take another" in said
    assert world.made() == made

    assert world.run(*VERBS["up"]).code == 0
    assert len(world.made()) == len(set(world.made()))
    assert set(made) < set(world.made())


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
    assert f"{theirs} is version 3.300.0; mllab works with 3.206.0 to 3.260.0" in said
    assert "mllab setup" in said
