"""Backups of a state: dated, complete, private, and never without the newest."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from mllab.engines.pulumi import backups
from mllab.errors import LabError, StateError, UsageError
from tests.pulumi.conftest import mode, with_umask

NOON = datetime(2027, 1, 11, 12, tzinfo=UTC)


def test_a_backup_is_dated_in_utc_and_holds_the_text(home: Path) -> None:
    east = datetime(2027, 1, 11, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    path = backups.save(home, "aws-course", '{"version": 3, "é": "λ"}', east)
    assert path == home / "backups" / "aws-course" / "000001-20270110T233000Z.json"
    assert path.read_text(encoding="utf-8") == '{"version": 3, "é": "λ"}'


def test_only_the_owner_can_read_it_whatever_the_umask(home: Path) -> None:
    with_umask(0, lambda: backups.save(home, "lab", "{}", NOON))
    path = backups.latest(home, "lab")
    assert path is not None
    assert [mode(p) for p in (path, path.parent, path.parent.parent, home)] == [
        0o600, 0o700, 0o700, 0o700,
    ]  # fmt: skip


def test_the_oldest_go_and_the_newest_stays_when_the_clock_is_set_back(home: Path) -> None:
    for count in range(backups.KEPT + 5):
        backups.save(home, "lab", str(count), NOON - timedelta(hours=count))
    kept = sorted(p.read_text() for p in (home / "backups" / "lab").iterdir())
    assert kept == sorted(map(str, range(5, backups.KEPT + 5)))
    newest = backups.latest(home, "lab")
    assert newest is not None
    assert newest.read_text() == str(backups.KEPT + 4)


def test_many_at_the_same_moment_keep_their_own(home: Path) -> None:
    texts = [str(number) for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        paths = list(pool.map(lambda text: backups.save(home, "lab", text, NOON), texts))
    assert [path.read_text() for path in paths] == texts
    assert len(list((home / "backups" / "lab").iterdir())) == 12


def test_stacks_are_kept_apart_and_other_files_left_alone(home: Path) -> None:
    note = home / "backups" / "lab" / "note.json"
    note.parent.mkdir(parents=True)
    note.write_text("mine")
    for _ in range(backups.KEPT + 1):
        backups.save(home, "lab", "{}", NOON)
    assert note.read_text() == "mine"
    assert backups.latest(home, "lab-2") is None


@pytest.mark.parametrize("stack", ["..", ".", "", "../lab", "/etc"])
def test_a_name_cannot_lead_elsewhere(home: Path, stack: str) -> None:
    with pytest.raises(UsageError):
        backups.save(home, stack, "{}", NOON)


def test_a_full_disk_is_an_error_and_leaves_nothing_half_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backups.save(home, "lab", "{}", NOON)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="No space left on device.*nothing is changed"):
        backups.save(home, "lab", "new", NOON)
    assert list(first.parent.iterdir()) == [first]


def test_a_folder_in_the_way_is_an_error_with_its_place(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "backups").write_text("a file")
    with pytest.raises(LabError) as caught:
        backups.save(home, "lab", "{}", NOON)
    assert str(home / "backups" / "lab") in caught.value.message
    assert caught.value.hint
