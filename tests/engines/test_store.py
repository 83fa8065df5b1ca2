"""State files: there is always a whole one, damage is named and kept, and nothing is written
without need.
"""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pulumi
import pytest

from mllab.engines.embedded.store import BACKUPS, Store
from mllab.errors import StateError
from tests.engines.bench import Bench, things
from tests.scenarios.toy import Thing


def folder(bench: Bench) -> dict[str, bytes]:
    state = bench.home / "state"
    return {
        str(path.relative_to(state)): path.read_bytes()
        for path in state.rglob("*")
        if path.is_file()
    }


def secret(value: str) -> Any:
    def program() -> None:
        thing = Thing("a", {"password": pulumi.Output.secret(value), "tags": {"x": "plain"}})
        pulumi.export("password", thing.password)

    return program


def test_a_run_leaves_a_state_and_nothing_else(bench: Bench) -> None:
    bench.up(things("a"))
    assert list(folder(bench)) == ["dev.json"]


def test_the_state_is_pulumis_format_version_3(bench: Bench) -> None:
    bench.up(things("a", size=3))
    document = json.loads(bench.state.read_text())
    assert document["version"] == 3
    assert document["deployment"]["manifest"] == {
        "time": "2027-01-11T09:00:10Z",
        "magic": "",
        "version": "",
    }
    entry = bench.resources()["a"]
    provider = bench.resources()["default"]
    assert entry == {
        "urn": "urn:pulumi:dev::toys::toy:index:Thing::a",
        "custom": True,
        "type": "toy:index:Thing",
        "id": entry["id"],
        "inputs": {"name": entry["inputs"]["name"], "size": 3},
        "outputs": {
            "name": entry["inputs"]["name"],
            "size": 3,
            "arn": f"toy:{entry['id']}",
            "address": "10.0.0.3",
            "key": f"key of {entry['id']}",
        },
        "parent": "urn:pulumi:dev::toys::pulumi:pulumi:Stack::toys-dev",
        "provider": f"{provider['urn']}::{provider['id']}",
        "sourcePosition": entry["sourcePosition"],
        "created": "2027-01-11T09:00:10Z",
        "modified": "2027-01-11T09:00:10Z",
    }
    assert entry["sourcePosition"].startswith("project:///bench.py#")


def test_a_run_that_changes_nothing_writes_nothing(bench: Bench) -> None:
    bench.up(secret("s3cr3t"))
    before = folder(bench)
    assert bench.up().ok
    bench.preview()
    bench.engine.refresh(dry=True)
    bench.engine.refresh()
    assert folder(bench) == before


def test_an_update_keeps_the_day_of_creation(bench: Bench) -> None:
    bench.up(things("a", size=1))
    bench.up(things("a", size=2))
    entry = bench.resources()["a"]
    assert (entry["created"], entry["modified"]) == ("2027-01-11T09:00:10Z", "2027-01-11T09:00:20Z")


def test_looking_writes_nothing_at_all(bench: Bench) -> None:
    bench.preview(things("a"))
    bench.engine.outputs()
    bench.engine.state()
    bench.engine.holdings()
    assert not (bench.home / "state").exists()


def test_no_secret_is_in_any_file_in_clear(bench: Bench) -> None:
    bench.up(secret("horse-battery"))
    bench.up(secret("horse-staple"))
    assert bench.resources()["a"]["inputs"]["tags"] == {"x": "plain"}
    for name, data in folder(bench).items():
        assert b"horse" not in data, name
    assert bench.engine.outputs() == {"password": "horse-staple"}
    assert "horse" not in json.dumps(bench.engine.state())


def test_each_changing_run_keeps_the_state_before(bench: Bench) -> None:
    bench.up(things("a", size=1))
    first = bench.state.read_bytes()
    bench.up(things("a", size=2))
    kept = [data for name, data in folder(bench).items() if name.startswith("backups/")]
    assert kept == [first]
    for size in range(3, 2 * BACKUPS):
        bench.up(things("a", size=size))
    names = sorted(name for name in folder(bench) if name.startswith("backups/"))
    assert len(names) == BACKUPS
    assert json.loads(folder(bench)[names[-1]])["mllab"]["serial"] == 2 * BACKUPS - 2


def test_another_stacks_backups_are_its_own(tmp_path: Path) -> None:
    one, other = Bench(tmp_path, stack="lab"), Bench(tmp_path, stack="lab-2")
    other.up(things("a", size=1))
    other.up(things("a", size=2))
    for size in range(BACKUPS + 3):
        one.up(things("b", size=size))
    assert len(list((tmp_path / "state" / "backups").glob("lab-2-*"))) == 1


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"version": 4}',
        b'{"version": 3, "deployment": {"resources": [{"urn": 1}]}}',
        b'{"version": 3, "deployment": {"resources": {"a": 1}}}',
    ],
)
def test_a_damaged_state_is_kept_and_named(bench: Bench, text: bytes) -> None:
    bench.up(things("a", size=1))
    bench.up(things("a", size=2))
    bench.state.write_bytes(text)
    with pytest.raises(StateError, match="the state is damaged") as refused:
        bench.up(things("a", size=3))
    (copy,) = bench.state.parent.glob("dev.json.damaged-*")
    assert str(copy) in refused.value.message
    assert copy.read_bytes() == bench.state.read_bytes() == text
    (backup,) = (bench.state.parent / "backups").iterdir()
    assert refused.value.hint == f"Put the last good state back: cp {backup} {bench.state}"
    for verb in (bench.engine.preview, bench.engine.outputs, bench.engine.state):
        with pytest.raises(StateError):
            verb()
    assert len(list(bench.state.parent.glob("dev.json.damaged-*"))) == 1
    backup.replace(bench.state)
    assert bench.up(things("a", size=3)).ok


def test_another_stacks_state_is_refused_so_that_nothing_of_it_goes(tmp_path: Path) -> None:
    one, other = Bench(tmp_path, stack="lab"), Bench(tmp_path, stack="lab-2")
    one.up(things("a"))
    other.up(things("b"))
    other.state.write_bytes(one.state.read_bytes())
    for verb in (other.engine.destroy, other.engine.state, other.engine.holdings):
        with pytest.raises(StateError, match="it is the state of the stack lab"):
            verb()
    assert one.engine.destroy().ok


def test_a_first_damaged_state_has_no_backup_to_offer(bench: Bench) -> None:
    bench.up(things("a"))
    bench.state.write_text("{")
    with pytest.raises(StateError) as refused:
        bench.engine.state()
    assert refused.value.hint == f"There is no backup. To start from nothing: rm {bench.state}"


def _full(bench: Bench, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    real = getattr(os, what)

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, what, fail)
    assert getattr(os, what) is not real


def test_a_full_disk_at_the_end_loses_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.up(things("a"))
    before = bench.state.read_bytes()
    with monkeypatch.context() as patch:
        _full(bench, patch, "fsync")
        with pytest.raises(StateError, match="No space left on device") as refused:
            bench.up(things("a", "b"))
    assert "dev.journal holds what was done" in refused.value.hint
    assert bench.state.read_bytes() == before
    assert not [name for name in folder(bench) if name.startswith(".")]
    assert set(bench.resources()) == {"toys-dev", "default", "a", "b"}
    again = bench.up()
    assert [step.op for step in again.steps if step.custom] == ["same", "same"]
    assert len(bench.cloud.things) == 2


def test_a_full_disk_in_the_middle_stops_before_the_next_operation(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = os.write, [3]

    def fill(handle: int, data: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fill)
        with pytest.raises(StateError, match="the journal cannot be written: No space left"):
            bench.up(things("a", "b", "c"))
    made = len(bench.cloud.things)
    assert made < 3
    bench.up()
    assert sorted(thing["logical"] for thing in bench.cloud.things.values()) == ["a", "b", "c"]


def test_a_journal_of_a_newer_state_is_not_guessed_at(bench: Bench) -> None:
    bench.up(things("a"))
    journal = bench.state.with_suffix(".journal")
    journal.write_text('{"serial": 9}\n{"begin": 1}\n')
    with pytest.raises(StateError, match="belongs to a newer state") as refused:
        bench.engine.state()
    assert f"rm {journal}" in refused.value.hint


def test_a_run_that_ends_while_the_state_is_read_is_no_damage(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state is read, then another run ends and a third one begins, then the journal is read."""
    bench.up(things("a"))
    stale = bench.state.read_text()
    bench.up(things("a", "b"))
    bench.state.with_suffix(".journal").write_text('{"serial": 2}\n')
    real, first = Store._text, [stale]

    def text(self: Store, path: Path) -> str | None:
        return first.pop() if first else real(self, path)

    monkeypatch.setattr(Store, "_text", text)
    assert set(bench.resources()) == {"toys-dev", "default", "a", "b"}


def test_a_journal_that_the_state_holds_already_is_left_behind(bench: Bench) -> None:
    bench.up(things("a"))
    journal = bench.state.with_suffix(".journal")
    journal.write_text('{"serial": 0}\n{"begin": 1, "type": "creating", "resource": {}}\n')
    assert bench.engine.state()["deployment"].get("pending_operations") is None
    bench.up(things("a", "b"))
    assert not journal.exists()


def test_a_damaged_journal_is_kept_and_named(bench: Bench) -> None:
    bench.up(things("a"))
    journal = bench.state.with_suffix(".journal")
    journal.write_text('{"serial": 1}\n{"beg\n{"end": 1}\n')
    with pytest.raises(StateError, match="line 2 is damaged") as refused:
        bench.up(things("a", "b"))
    assert refused.value.hint == f"To go on without what the interrupted run noted: rm {journal}"
    assert list(journal.parent.glob("dev.journal.damaged-*"))
    journal.unlink()
    assert bench.up().ok


def test_other_stacks_are_other_files(tmp_path: Path) -> None:
    one, other = Bench(tmp_path, stack="one"), Bench(tmp_path, stack="other")
    one.up(things("a"))
    other.up(things("b"))
    assert set(one.resources()) == {"toys-one", "default", "a"}
    assert set(other.resources()) == {"toys-other", "default", "b"}


def test_a_state_is_made_once_for_what_the_files_hold(bench: Bench) -> None:
    bench.up(things("a"))
    engine = bench.engine
    first = engine.state()
    assert engine.state() is first
    bench.up(things("a", "b"))  # by another engine, as another command has one
    second = engine.state()
    assert len(second["deployment"]["resources"]) == len(first["deployment"]["resources"]) + 1
    text = bench.state.read_text()
    bench.state.write_text(text.replace('"id": "', '"id": "x', 1))
    assert engine.state() != second
    bench.state.unlink()
    assert engine.state()["deployment"]["resources"] == []
