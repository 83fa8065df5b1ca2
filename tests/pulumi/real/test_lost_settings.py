"""A stack file that is lost or broken: what exists in the account can still be seen and removed."""

from __future__ import annotations

import json

import pytest

from tests.pulumi.real.world import STACK, World

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("how", ["lost", "broken"])
def test_a_lab_without_its_settings_can_be_seen_and_removed(living: World, how: str) -> None:
    if how == "lost":
        living.file.unlink()
    else:
        living.file.write_text("config: {mllab:lab: {}}\n")
    seen = living.run("status", STACK, "--json")
    assert seen.code == 0, seen.err
    assert json.loads(seen.out)["summary"] == {"running": 1}
    assert "what is recorded counts" in seen.err

    down = living.run("down", STACK, "--yes")
    assert down.code == 1
    words = [part for part in down.err.split() if part.startswith(f"{STACK}-")]
    names = list(dict.fromkeys(word for word in words if f"--delete-data {word}" in down.err))
    assert names, down.err
    options = [part for name in names for part in ("--delete-data", name)]
    down = living.run("down", STACK, "--yes", *options)
    assert down.code == 0, down.err
    assert living.made() == []
    assert "neither recorded nor in the account" in down.out
