"""`down`: what it lists, what it demands, what it proves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mllab.engines.contract import Failure, Op
from mllab.errors import LabError
from mllab.show import ask
from mllab.simulated.store import Record
from tests.cli.conftest import DAY, Run, Sit
from tests.cli.scripted import (
    BUCKET,
    BUCKET_TYPE,
    FILES,
    MACHINE,
    Account,
    Use,
    entry,
    holding,
    step,
)

THREE = [entry(BUCKET), entry(FILES), entry(MACHINE)]
FULL = (holding(BUCKET, "3 objects, 12 MB"), holding(FILES, "", "files"))
EMPTY = (holding(BUCKET, ""), holding(FILES, "", "files"))


def record(**more: object) -> Record:
    given: dict[str, object] = {"urn": "", "owner": None, "uid": 7, **more}
    return Record(
        type="aws:ebs/volume:Volume",
        id="vol-1",
        region="us-east-1",
        since=datetime(2027, 1, 11, tzinfo=UTC),
        **given,  # type: ignore[arg-type]
    )


def test_down_lists_what_goes_with_its_data(run: Run, use: Use) -> None:
    use(entries=list(THREE), held=EMPTY)
    said = run("down", "lab", "--simulate", "--yes")
    assert said.code == 0
    text = " ".join(said.out.split())
    assert "lab-storage-bucket s3/Bucket objects in the bucket: empty" in text
    assert "notebook - lab-notebook-ann ec2/Instance" in text
    assert "3 resources to delete" in text
    assert "lab is gone: nothing of it is left" in text


def test_down_demands_the_name(run: Run, use: Use, at_terminal: Sit) -> None:
    engine = use(entries=list(THREE), held=EMPTY)
    asked = at_terminal(["lab"])
    assert run("down", "lab", "--simulate").code == 0
    assert asked == ["Type lab to delete all of this"]
    assert engine.did("destroy")


@pytest.mark.parametrize("typed", ["", "y", "yes", "Lab", "lab2"])
def test_another_word_than_the_name_deletes_nothing(
    run: Run, use: Use, at_terminal: Sit, typed: str
) -> None:
    engine = use(entries=list(THREE), held=EMPTY)
    at_terminal([typed])
    said = run("down", "lab", "--simulate")
    assert said.code == 1
    assert "Nothing was changed." in said.err
    assert not engine.did("destroy")


def test_down_without_a_terminal_demands_yes(run: Run, use: Use) -> None:
    engine = use(entries=list(THREE), held=EMPTY)
    said = run("down", "lab", "--simulate")
    assert said.code == 2
    assert "mllab down lab --simulate --yes" in said.err
    assert not engine.did("destroy")


def test_yes_does_not_cover_data(run: Run, use: Use) -> None:
    engine = use(entries=list(THREE), held=FULL)
    said = run("down", "lab", "--simulate", "--yes")
    assert said.code == 1
    assert "lab-storage-bucket: objects in the bucket: 3 objects, 12 MB" in said.err
    assert "lab-storage-files" not in said.err
    assert "mllab down lab --simulate --delete-data lab-storage-bucket" in said.err
    assert not engine.did("destroy")


def test_data_that_came_while_the_question_stood_is_not_taken(
    run: Run, use: Use, at_terminal: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = use(entries=list(THREE), held=EMPTY)
    at_terminal(["lab"])
    typed = ask.typer.prompt

    def slowly(text: str, **more: object) -> str:
        engine.held = FULL
        return typed(text, **more)

    monkeypatch.setattr(ask.typer, "prompt", slowly)
    said = run("down", "lab", "--simulate")
    assert said.code == 1
    assert "lab-storage-bucket: objects in the bucket: 3 objects, 12 MB" in said.err
    assert not engine.did("destroy")


def test_named_and_empty_holders_are_released(run: Run, use: Use) -> None:
    engine = use(entries=list(THREE), held=FULL)
    named = ("--delete-data", "lab-storage-bucket")
    assert run("down", "lab", "--simulate", "--yes", *named).code == 0
    assert ("destroy", frozenset({BUCKET, FILES})) in engine.calls


def test_data_that_was_not_kept_is_not_released_but_left_to_the_engine(
    run: Run, use: Use, project: Path
) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("keep: true", "keep: false"))
    engine = use(entries=list(THREE), held=FULL)
    assert run("down", "lab", "--simulate", "--yes").code == 0
    assert ("destroy", frozenset({FILES})) in engine.calls


def test_what_the_engine_leaves_is_named_and_ends_with_3(run: Run, use: Use) -> None:
    failure = Failure(
        BUCKET, BUCKET_TYPE, "lab-storage-bucket", Op.DELETE, "is not empty", "BucketNotEmpty"
    )
    use(entries=list(THREE), held=EMPTY, stays=frozenset({BUCKET}), failures=(failure,))
    said = run("down", "lab", "--simulate", "--yes")
    assert said.code == 3
    assert "lab-storage-bucket (s3/Bucket)" in said.err
    assert "BucketNotEmpty: is not empty" in said.err
    assert "mllab down lab --simulate" in said.err
    assert "by hand" not in said.err
    assert "nothing of it is left" not in said.out + said.err


@pytest.mark.parametrize(
    "left",
    [
        pytest.param({"urn": BUCKET.replace("storage-bucket", "x")}, id="declared by this stack"),
        pytest.param({"inputs": {"tags": {"stack": "lab"}}}, id="tagged"),
        pytest.param({}, id="of nobody"),
    ],
)
def test_a_second_look_finds_what_the_state_forgot(
    run: Run, use: Use, account: Account, left: dict[str, object]
) -> None:
    use(entries=list(THREE), held=EMPTY)
    account.records = [record(**left)]
    said = run("down", "lab", "--simulate", "--yes")
    assert said.code == 3
    assert "seen in the account" in said.err
    assert "by hand" in said.err


def test_what_came_to_be_with_an_orphan_is_one_too(run: Run, use: Use, account: Account) -> None:
    use()
    account.records = [record(urn=BUCKET, uid=1), record(owner=1, uid=2)]
    said = run("down", "lab", "--simulate", "--yes")
    assert said.code == 3
    assert "2 resources of lab" in said.err


def test_another_stack_in_the_account_is_no_orphan(run: Run, use: Use, account: Account) -> None:
    use(entries=list(THREE), held=EMPTY)
    other = BUCKET.replace("urn:pulumi:lab:", "urn:pulumi:other:")
    account.records = [record(urn=other, uid=1), record(owner=1, uid=2)]
    assert run("down", "lab", "--simulate", "--yes").code == 0


def test_a_second_down_finds_nothing(run: Run, use: Use) -> None:
    engine = use(entries=list(THREE), held=EMPTY)
    assert run("down", "lab", "--simulate", "--yes").code == 0
    engine.held = ()
    said = run("down", "lab", "--simulate", "--yes")
    assert said.code == 0
    assert "Nothing of lab exists" in said.out
    assert [verb for verb, _ in engine.calls].count("destroy") == 1


def test_a_past_end_and_a_broken_file_do_not_stop_a_down(run: Run, use: Use, project: Path) -> None:
    engine = use(entries=list(THREE), held=FULL)
    (project / "stacks" / "Pulumi.lab.yaml").write_text("config: {broken")
    refused = run("down", "lab", "--simulate", "--yes", "--today", "2028-01-01")
    assert refused.code == 1
    assert "--delete-data lab-storage-bucket" in refused.err
    named = ("--delete-data", "lab-storage-bucket")
    assert run("down", "lab", "--simulate", "--yes", *named, "--today", "2028-01-01").code == 0
    assert engine.did("destroy")


def test_a_past_end_alone_makes_no_settings_unusable(run: Run, use: Use, project: Path) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("keep: true", "keep: false"))
    engine = use(entries=list(THREE), held=FULL)
    said = run("down", "lab", "--simulate", "--yes", "--today", "2028-01-01")
    assert said.code == 0
    assert "note:" not in said.err
    assert engine.did("destroy")


def test_a_lost_file_is_no_obstacle_while_a_state_exists(
    run: Run, use: Use, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = use(entries=list(THREE), held=EMPTY)
    monkeypatch.setenv("MLLAB_HOME", str(project / "home"))
    (project / "stacks" / "Pulumi.lab.yaml").unlink()
    assert run("down", "lab", "--simulate", "--yes").code == 2
    (project / "home" / "state").mkdir(parents=True)
    (project / "home" / "state" / "lab.json").write_text("{}")
    assert run("down", "lab", "--simulate", "--yes").code == 0
    assert engine.did("destroy")


def test_what_was_begun_and_never_recorded_goes_too(run: Run, use: Use) -> None:
    engine = use(begun=[entry(MACHINE)])
    said = run("down", "lab", "--simulate", "--yes")
    assert said.code == 0
    assert "lab-notebook-ann" in said.out
    assert engine.did("destroy")


def test_interrupted_down_says_how_to_go_on(run: Run, use: Use) -> None:
    use(entries=list(THREE), held=EMPTY, interrupt=True)
    said = run("down", "lab", "--simulate", "--yes")
    assert said.code == 130
    assert "mllab down lab --simulate" in said.err


def test_down_json_says_what_is_left(run: Run, use: Use) -> None:
    use(entries=list(THREE), held=EMPTY, stays=frozenset({MACHINE}))
    said = run("down", "lab", "--simulate", "--yes", "--json", *DAY)
    assert said.code == 3
    told = json.loads(said.out)
    assert [thing["name"] for thing in told["existed"]] == [
        "lab-storage-bucket",
        "lab-storage-files",
        "lab-notebook-ann",
    ]
    assert [thing["name"] for thing in told["left"]] == ["lab-notebook-ann"]


def test_the_engine_is_asked_before_the_state_is_believed(run: Run, use: Use) -> None:
    """A refresh is no part of down: what is recorded goes, whatever the cloud says of it."""
    engine = use(entries=list(THREE), held=EMPTY, seen=(step(Op.DELETE, BUCKET),))
    run("down", "lab", "--simulate", "--yes")
    assert not engine.did("refresh")


@pytest.mark.parametrize("stays", [(), (BUCKET,)])
def test_what_cannot_be_seen_is_not_called_gone(
    run: Run, use: Use, account: Account, monkeypatch: pytest.MonkeyPatch, stays: tuple[str, ...]
) -> None:
    use(entries=[entry(BUCKET)], held=(holding(BUCKET, ""),), stays=stays)

    def unseen() -> list[object]:
        raise LabError("the account does not answer", hint="Ask again.")

    monkeypatch.setattr(account, "inventory", unseen)
    said = run("down", "lab", "--simulate", "--yes", "--json")
    assert said.code == 3
    told = json.loads(said.out)
    assert told["unseen"] == "the account does not answer"
    assert [thing["name"] for thing in told["left"]] == ["lab-storage-bucket"] * len(stays)
    assert "cannot be told: the account does not answer" in said.err
    assert "Ask again." in said.err
    assert ("may still exist and cost money" in said.err) == bool(stays)
    assert ("mllab down lab --simulate" in said.err) == bool(stays)
