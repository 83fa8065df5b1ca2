"""Values that only show where one's own belong make no real lab."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from mllab.session import opening
from mllab.session.realm import RealRealm
from mllab.settings import examples, files
from tests.cli.conftest import DAY, Run


@pytest.mark.parametrize(
    ("stack", "keys"),
    [("azure-course", "azure.ssh_from, azure.ssh_keys"), ("gcp-course", "gcp:project")],
)
@pytest.mark.parametrize("verb", ["preview", "up"])
def test_a_real_lab_is_not_made_of_examples(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch, verb: str, stack: str, keys: str
) -> None:
    monkeypatch.chdir(root)
    opened = SimpleNamespace(realm=RealRealm)
    monkeypatch.setattr(opening, "on_real_cloud", lambda *_, **__: opened)
    said = run(verb, stack, *(["--yes"] if verb == "up" else []))
    assert said.code == 2
    assert keys in said.err
    assert f"Put your own into stacks/Pulumi.{stack}.yaml." in said.err


def test_a_simulated_one_is(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setenv("MLLAB_HOME", str(tmp_path / "home"))
    assert run("preview", "gcp-course", "--simulate", *DAY).code == 0


def test_settings_without_examples_pass(root: Path) -> None:
    examples.refuse(files.load(files.find(root, "aws-course")), "aws-course")
