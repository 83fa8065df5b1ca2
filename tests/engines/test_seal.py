"""Secrets in files: sealed, opened only with the stack's key, and never lost silently."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mllab.engines.embedded.seal import Sealer, clear
from mllab.errors import StateError

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(_JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_sealed_is_opened(tmp_path: Path, value: Any) -> None:
    sealer = Sealer(tmp_path / "key")
    entry = sealer.seal(value)
    assert Sealer(tmp_path / "key").open(entry) == value


def test_a_sealed_value_shows_nothing_and_stays_the_same(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path / "key")
    entry = sealer.seal("correct horse battery staple")
    assert "horse" not in json.dumps(entry)
    assert entry == sealer.seal("correct horse battery staple")
    assert entry != sealer.seal("correct horse battery stapler")


def test_two_stacks_seal_differently(tmp_path: Path) -> None:
    assert Sealer(tmp_path / "a").seal("x") != Sealer(tmp_path / "b").seal("x")


def test_only_the_owner_reads_the_key(tmp_path: Path) -> None:
    Sealer(tmp_path / "key").seal("x")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_no_secret_no_key(tmp_path: Path) -> None:
    Sealer(tmp_path / "key")
    assert not (tmp_path / "key").exists()


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    entry = Sealer(tmp_path / "key").seal("x")
    (tmp_path / "key").unlink()
    with pytest.raises(StateError, match="key is missing or damaged: .*key"):
        Sealer(tmp_path / "key").open(entry)
    assert not (tmp_path / "key").exists()


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    entry = Sealer(tmp_path / "key").seal("x")
    (tmp_path / "key").write_bytes(bytes(32))
    with pytest.raises(StateError, match="cannot be opened"):
        Sealer(tmp_path / "key").open(entry)


@pytest.mark.parametrize("left", [b"", bytes(31)])
def test_a_key_that_a_killed_run_has_left_half_written_is_made_anew(
    tmp_path: Path, left: bytes
) -> None:
    (tmp_path / "key").write_bytes(left)
    with pytest.raises(StateError, match="missing or damaged"):
        Sealer(tmp_path / "key").open({"ciphertext": "mllab1:"})
    entry = Sealer(tmp_path / "key").seal("x")
    assert Sealer(tmp_path / "key").open(entry) == "x"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("at", [7, 20, -5])
def test_a_changed_entry_is_noticed(tmp_path: Path, at: int) -> None:
    sealer = Sealer(tmp_path / "key")
    text = sealer.seal("a secret of some length")["ciphertext"]
    other = "A" if text[at] != "A" else "B"
    changed = text[:at] + other + (text[at + 1 :] if at != -1 else "")
    with pytest.raises(StateError, match="cannot be opened"):
        sealer.open({"ciphertext": changed})


def test_an_entry_of_pulumi_is_refused_not_misread(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path / "key")
    sealer.seal("x")
    with pytest.raises(StateError, match="cannot be opened"):
        sealer.open({"ciphertext": "v1:abcdefghijkl:0123456789"})


def test_clear_entries_are_pulumis_own(tmp_path: Path) -> None:
    assert clear({"a": 1}) == {"plaintext": '{"a": 1}'}
    assert Sealer(tmp_path / "key").open(clear("x")) == "x"
