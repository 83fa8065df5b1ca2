"""The ledger on a disk that tears files, and under a keeper that is killed between two writes."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from mllab.local.keeper import ledger
from mllab.local.keeper.instant import Instant
from mllab.local.keeper.ledger import FILES, Ledger, Use, advance
from mllab.local.keeper.spent import AT_LEAST, amounts
from tests.local.keeping import NOON, moment, plan

PLAN = plan()
SEAT = Use("seat ada 1", NOON - timedelta(hours=1))
BEFORE = advance(Ledger(), moment(0), PLAN, [SEAT])
AFTER = advance(BEFORE, moment(300), PLAN, [SEAT])


def test_a_torn_file_is_read_from_its_copy(tmp_path: Path) -> None:
    ledger.write(tmp_path, AFTER)
    text = (tmp_path / FILES[0]).read_bytes()
    for name in FILES:
        for length in range(0, len(text) - 1, 3):
            (tmp_path / name).write_bytes(text[:length])
            assert ledger.read(tmp_path, PLAN, moment(300)) == AFTER
        (tmp_path / name).write_bytes(text)


@pytest.mark.parametrize("text", [b"", b"\0" * 400, b"{}", b"[]", b"[" * 99999, b'{"looked": 3}'])
def test_where_both_are_unusable_it_says_that_there_was_more(text: bytes, tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes(text)
    found = ledger.read(tmp_path, PLAN, moment(0))
    assert found.gaps == {"2027-03-01": ("what was counted before could not be read",)}
    assert amounts(advance(found, moment(0), PLAN, []), PLAN, moment(0)).state == AT_LEAST


@pytest.mark.parametrize("value", ["NaN", "-1", "Infinity", '"soon"', "null"])
def test_numbers_that_cannot_be_are_not_read(value: str, tmp_path: Path) -> None:
    ledger.write(tmp_path, AFTER)
    for name in FILES:
        text = (tmp_path / name).read_text()
        (tmp_path / name).write_text(text.replace("3900.0", value))
    assert ledger.read(tmp_path, PLAN, moment(0)).gaps


class Killed(BaseException):
    """SIGKILL, as far as a test in one process can do it."""


@pytest.mark.parametrize("calls", range(1, 7))
def test_killed_between_any_two_writes_it_is_whole(
    calls: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is cleaned up then, as `into` would do it."""
    ledger.write(tmp_path, BEFORE)
    left = calls
    real, sync = Path.replace, ledger.drafts.os.fsync

    def step() -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Killed

    def replace(self: Path, target: Path) -> Path:
        step()
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    monkeypatch.setattr(ledger.drafts.os, "fsync", lambda number: (step(), sync(number)))
    with suppress(Killed):
        ledger.write(tmp_path, AFTER)
    found = ledger.read(tmp_path, PLAN, moment(300))
    assert found in (BEFORE, AFTER)
    again = advance(found, moment(600), PLAN, [SEAT])
    assert again.seconds == {"2027-03-01": {"0.5": 4200}}


def test_a_file_that_another_version_wrote_is_no_surprise(tmp_path: Path) -> None:
    assert ledger.read(tmp_path, PLAN, moment(0)) == Ledger()
    assert Instant(NOON, 1, "a").follows(Instant(NOON, 0, "a"))
    assert not Instant(NOON, 1, "a").follows(Instant(NOON, 2, "a"))
