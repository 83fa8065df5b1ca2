"""Folders of a lab that are deleted at the same time do not stand in each other's way."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mllab.local.folders import Folders
from mllab.protocol.provider import Call

URN = "urn:pulumi:lab::mllab::mllab-local:index:Folder::lab-home"


@pytest.mark.parametrize("other", ["taken", "there"])
def test_the_folder_above_goes_with_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    folders = Folders(tmp_path)
    call = Call(URN, "mllab-local:index:Folder", "lab-home", datetime.now(UTC))
    for seat in ("ada", "alan") if other == "there" else ("ada",):
        folders.create(call, {"path": f"home/{seat}", "forceDestroy": True})
    real = shutil.rmtree

    def both(at: Path) -> None:
        real(at)
        if other == "taken":  # whoever deletes the last one beside it comes first
            at.parent.rmdir()

    monkeypatch.setattr("mllab.local.folders.shutil.rmtree", both)
    folders.delete(call, "home/ada", {"forceDestroy": True})
    assert [path.name for path in tmp_path.rglob("*")] == (
        ["home", "alan"] if other == "there" else []
    )
