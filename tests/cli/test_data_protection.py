"""Data goes only when it was named: `up`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.engines.contract import Op
from mllab.show import ask
from tests.cli.conftest import DAY, Run, Sit
from tests.cli.scripted import (
    BUCKET,
    FILES,
    LOSING,
    Use,
    entry,
    holding,
    step,
)


def test_up_refuses_to_lose_data_that_was_not_named(run: Run, use: Use) -> None:
    engine = use(steps=LOSING, held=(holding(BUCKET, "3 objects, 12 MB"),))
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 1
    assert "lab-storage-bucket: objects in the bucket: 3 objects, 12 MB" in said.err
    assert "mllab up lab --simulate --delete-data lab-storage-bucket" in said.err
    assert not engine.did("up")


def test_a_replacement_loses_data_like_a_removal(run: Run, use: Use) -> None:
    steps = (step(Op.REPLACE, BUCKET, loses="objects in the bucket", reason="bucket changed"),)
    engine = use(steps=steps, held=(holding(BUCKET, "1 object"),))
    assert run("up", "lab", "--simulate", "--yes", *DAY).code == 1
    assert not engine.did("up")


def test_data_that_the_engine_did_not_look_into_counts_as_data(run: Run, use: Use) -> None:
    engine = use(steps=LOSING, held=())
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 1
    assert "amount unknown" in said.err
    assert not engine.did("up")


@pytest.mark.parametrize("amount", ["3 objects, 12 MB", None, ""])
def test_up_releases_named_and_empty_holders(run: Run, use: Use, amount: str | None) -> None:
    engine = use(steps=LOSING, held=(holding(BUCKET, amount),))
    named = () if amount == "" else ("--delete-data", "lab-storage-bucket")
    assert run("up", "lab", "--simulate", "--yes", *named, *DAY).code == 0
    assert ("up", frozenset({BUCKET})) in engine.calls


def test_data_that_came_while_the_question_stood_is_not_taken(
    run: Run, use: Use, at_terminal: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = use(steps=LOSING, held=(holding(BUCKET, ""),))
    at_terminal(["y"])
    answered = ask.typer.confirm

    def slowly(text: str, **more: object) -> bool:
        engine.held = (holding(BUCKET, "1 object"),)
        return answered(text, **more)

    monkeypatch.setattr(ask.typer, "confirm", slowly)
    said = run("up", "lab", "--simulate", *DAY)
    assert said.code == 1
    assert "lab-storage-bucket: objects in the bucket: 1 object" in said.err
    assert not engine.did("up")


def test_up_takes_data_of_unknown_amount_for_data(run: Run, use: Use) -> None:
    engine = use(steps=LOSING, held=(holding(BUCKET, None),))
    said = run("up", "lab", "--simulate", "--yes", *DAY)
    assert said.code == 1
    assert "amount unknown" in said.err
    assert not engine.did("up")


def test_up_names_only_what_is_missing_and_repeats_what_was_named(run: Run, use: Use) -> None:
    steps = (*LOSING, step(Op.DELETE, FILES, loses="files"))
    use(steps=steps, held=(holding(BUCKET, "1 object"), holding(FILES, "4 GB", "files")))
    said = run("up", "lab", "--simulate", "--yes", "--delete-data", "lab-storage-bucket", *DAY)
    assert said.code == 1
    assert "lab-storage-files: files: 4 GB" in said.err
    assert "lab-storage-bucket: objects" not in said.err
    assert "--delete-data lab-storage-bucket --delete-data lab-storage-files" in said.err


def test_a_name_that_holds_no_data_is_a_mistake(run: Run, use: Use) -> None:
    engine = use(steps=LOSING, held=(holding(BUCKET, "1 object"),))
    said = run("up", "lab", "--simulate", "--yes", "--delete-data", "lab-bucket", *DAY)
    assert said.code == 2
    assert "lab-bucket" in said.err
    assert "lab-storage-bucket" in said.err
    assert not engine.did("up")


def test_data_that_the_settings_do_not_keep_may_go(run: Run, use: Use, project: Path) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("keep: true", "keep: false"))
    engine = use(steps=LOSING, held=(holding(BUCKET, "1 object"),))
    assert run("up", "lab", "--simulate", "--yes", *DAY).code == 0
    assert engine.did("up")


@pytest.mark.parametrize(
    "kept", [{"protect": True}, {"inputs": {"forceDestroy": False}}], ids=["protect", "bucket"]
)
def test_keep_switched_off_in_the_file_alone_releases_nothing(
    run: Run, use: Use, project: Path, kept: dict[str, object]
) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("keep: true", "keep: false"))
    engine = use(steps=LOSING, held=(holding(BUCKET, "1 object"),), entries=[entry(BUCKET, **kept)])
    assert run("up", "lab", "--simulate", "--yes", *DAY).code == 1
    assert not engine.did("up")
