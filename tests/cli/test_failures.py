"""What a user can put right becomes a message and an exit code; a bug keeps its traceback."""

from __future__ import annotations

import errno
import os

import pytest
import typer

from mllab import errors
from mllab.commands.error_handler import explained


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.LabError, 1),
        (errors.UsageError, 2),
        (errors.StateError, 1),
        (errors.LockedError, 1),
        (errors.RunFailed, 1),
        (errors.DataAtRisk, 1),
        (errors.StillThere, 3),
        (errors.Interrupted, 130),
    ],
)
def test_every_failure_has_its_exit_code(
    kind: type[errors.LabError], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, explained():
        raise kind("the disk is [bold] full", hint="run `df`")
    assert ended.value.exit_code == code
    said = capsys.readouterr()
    assert said.err.splitlines() == ["error: the disk is [bold] full", "run `df`"]
    assert said.out == ""


def test_faults_of_a_file_stand_one_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, explained():
        raise errors.SettingsError(["a.yaml:1: x", "a.yaml:2: y"], hint="Correct a.yaml.")
    assert ended.value.exit_code == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["error: a.yaml:1: x", "a.yaml:2: y", "Correct a.yaml."]


@pytest.mark.parametrize(
    "number",
    [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.EIO],
)
def test_refusals_of_the_operating_system_name_the_file(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, explained():
        raise OSError(number, os.strerror(number), "/somewhere/state.json")
    assert ended.value.exit_code == 1
    message, hint = capsys.readouterr().err.splitlines()
    assert message == f"error: /somewhere/state.json: {os.strerror(number)}"
    assert hint


@pytest.mark.parametrize(
    "bug", [FileNotFoundError(errno.ENOENT, "none", "x"), KeyError("x"), AssertionError()]
)
def test_a_bug_keeps_its_traceback(bug: Exception) -> None:
    with pytest.raises(type(bug)) as raised, explained():
        raise bug
    assert raised.value is bug


def test_ctrl_c_outside_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, explained():
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130
    assert "nothing was being changed" in capsys.readouterr().err
