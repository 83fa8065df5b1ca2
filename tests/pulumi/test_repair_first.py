"""What a killed run has left is put right before Pulumi is asked anything, whatever the verb."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from mllab.clock import Clock
from mllab.engines.contract import StackTarget
from mllab.engines.pulumi import deployment
from mllab.engines.pulumi import engine as engine_module
from mllab.engines.pulumi.binary import PINNED, Binary
from mllab.engines.pulumi.engine import PulumiEngine
from mllab.engines.pulumi.workspace import SimulatedWorkspace
from mllab.errors import StillThere
from tests.scenarios.lives import EmbeddedLab
from tests.scenarios.toy import Cloud, Toy

STACK = "dev"
VERBS = ("state", "outputs", "holdings", "preview", "up", "refresh", "destroy")


class AskedPulumi(Exception):
    """The first question to the CLI."""


class Cli:
    """Says nothing; every question is one too many while something is torn."""

    def __init__(self, torn: Path) -> None:
        self._torn = torn

    def __getattr__(self, name: str) -> NoReturn:
        assert not self._torn.exists(), f"{name} was asked before the repair"
        raise AskedPulumi


def an_engine(tmp_path: Path, told: list[str]) -> PulumiEngine:
    target = StackTarget("toys", STACK, "toy", {}, lambda: None, tmp_path)
    place = SimulatedWorkspace(tmp_path, target, {"toy": Toy(Cloud(tmp_path / "cloud"))}, Clock())
    binary = Binary(Path("/nowhere/pulumi"), tuple(map(int, PINNED.split("."))))  # type: ignore[arg-type]
    return PulumiEngine(target, place, binary, tmp_path, Clock(), notify=told.append)


@pytest.mark.parametrize("torn", ["meta.yaml.attrs", f"stacks/toys/{STACK}.json.attrs"])
@pytest.mark.parametrize("verb", VERBS)
def test_repair_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, torn: str
) -> None:
    path, told = tmp_path / "backend" / ".pulumi" / torn, list[str]()
    path.parent.mkdir(parents=True)
    path.write_text("")
    monkeypatch.setattr(engine_module, "Cli", lambda *_, **__: Cli(path))
    engine = an_engine(tmp_path, told)
    with pytest.raises(AskedPulumi):
        getattr(engine, verb)()
    assert bool(told) == (verb in {"state", "outputs", "holdings"}), "the others return it"


@pytest.mark.parametrize(
    ("left", "exists"),
    [
        ([".json"], True),
        ([".json.gz"], True),
        ([".json.attrs", ".json.18ecc4a47f0daa73.tmp"], False),
        ([".json.bak", ".json.bak.attrs"], False),
    ],
)
def test_what_was_never_written_does_not_exist(
    tmp_path: Path, left: list[str], exists: bool
) -> None:
    folder = tmp_path / "backend" / ".pulumi" / "stacks" / "toys"
    folder.mkdir(parents=True)
    for ending in left:
        (folder / f"{STACK}{ending}").write_text("")
    assert an_engine(tmp_path, []).cli.exists() is exists


def test_what_an_own_provider_made_is_looked_for_by_it(tmp_path: Path) -> None:
    """Google tells of budgets only to callers who say whose quota counts."""
    lab = EmbeddedLab("gcp", tmp_path)
    assert lab.do("up").ok
    recorded = lab.engine().state()["deployment"]
    place = SimulatedWorkspace(tmp_path, lab.target, {"gcp": lab.cloud}, Clock())
    (budget,) = [
        entry for entry in recorded["resources"] if entry["type"] == "gcp:billing/budget:Budget"
    ]
    begun = {key: value for key, value in budget.items() if key not in {"id", "outputs"}}
    found = place.find(begun, set(), deployment.provider_config(recorded, begun))
    assert found is not None
    assert found["id"] == budget["id"]
    with pytest.raises(StillThere, match="does not say what became of it: .* quota project"):
        place.find(begun, set(), {})
