"""Pulumi's own engine on a real place, killed when a thing is made and nobody has been told.

The account behind it is the simulated one, and so is the look into it.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from mllab import program
from mllab.accounts.contract import Entry, InventoryItem
from mllab.clock import SimulatedClock
from mllab.engines.contract import StackTarget
from mllab.engines.pulumi import binary, environment
from mllab.engines.pulumi.backend import Backend, ChosenBy
from mllab.engines.pulumi.engine import PulumiEngine
from mllab.engines.pulumi.provider_server import ProviderServers
from mllab.engines.pulumi.workspace import RealWorkspace, write_project
from mllab.errors import LabError, StillThere
from mllab.protocol import urns
from mllab.protocol.provider import Call, Made, Properties
from mllab.settings import files
from mllab.simulated.aws.cloud import SimulatedAws

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi CLI on PATH"),
    # The SDK's language server leaves its event loop open when the engine is gone.
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]

STACK = "aws-tiny"
CLOCK = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))


class Deadly(SimulatedAws):
    """An account in which the making of one thing is the last that the engine sees."""

    victim = ""
    kill: Callable[[], None] = staticmethod(lambda: None)

    def create(self, call: Call, inputs: Properties) -> Made:
        made = super().create(call, inputs)
        if call.name == self.victim and not call.preview:
            type(self).victim = ""
            self.kill()
        return made


class Look:
    """Looks into the simulated account, and notes for what."""

    def __init__(self, cloud: SimulatedAws) -> None:
        self.cloud, self.asked, self.blind = cloud, list[str](), False

    def __call__(self, package: str, config: Mapping[str, str]) -> Look:
        assert (package, config["aws:region"]) == ("aws", "us-east-1")
        return self

    def find(self, entry: Entry, known: Collection[str]) -> str | None:
        name = urns.name_of(entry["urn"])
        self.asked.append(name)
        if self.blind:
            raise StillThere(f"{name} cannot be seen")
        call = Call(entry["urn"], entry["type"], name, CLOCK.now())
        here = self.cloud.configured({"region": "us-east-1"})
        return here.find(call, dict(entry["inputs"]), known)

    def inventory(self, stack: str) -> list[InventoryItem]:
        raise AssertionError("nobody asks for it here")

    def allocated(self, id: str) -> bool | None:
        return None


class World:
    """A stack in a real place, its account and the look into it."""

    def __init__(self, engine: PulumiEngine, cloud: Deadly, look: Look) -> None:
        self.engine, self.cloud, self.look = engine, cloud, look

    def die_at(self, name: str) -> None:
        """Bring the stack up, and be killed when that thing is made."""
        Deadly.victim = name
        Deadly.kill = staticmethod(self.engine.cli.kill)  # of the class: what is served is a copy
        with pytest.raises(LabError):
            self.engine.up()
        assert name in self.declared(), "it was made"
        pending = self.engine.preview().pending
        assert name in {urns.name_of(urn) for urn in pending}, "nobody saw that it was made"

    def declared(self) -> list[str]:
        """Names of all in the account that somebody declared."""
        return [urns.name_of(found.urn) for found in self.cloud.inventory() if found.urn]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Collect what a killed engine leaves open while its warnings are still expected."""
    yield
    gc.collect()


@pytest.fixture
def world(root: Path, tmp_path: Path) -> Iterator[World]:
    path = files.find(root, STACK)
    config = files.config(path)
    target = StackTarget(
        "mllab", STACK, "aws", config, partial(program.declare, files.load(path)), root
    )
    cloud = Deadly(tmp_path / "aws.db")
    look, folder, home = Look(cloud), tmp_path / "project", tmp_path / "home"
    write_project(folder, target)
    with ProviderServers({"aws": cloud}, CLOCK) as servers:
        environ = environment.isolated(home, servers.debug_providers)
        backend = Backend((home / "backend").absolute().as_uri(), ChosenBy.VARIABLE)
        place = RealWorkspace(folder, backend, environ, config, look)
        engine = PulumiEngine(target, place, binary.find(home), home, CLOCK)
        yield World(engine, cloud, look)


@pytest.mark.parametrize(
    "victim",
    ["aws-tiny-network-vpc", "aws-tiny-storage-bucket", "aws-tiny-network-routes-a",
     "aws-tiny-notebook-shared"],
)  # fmt: skip
def test_nothing_is_made_twice(world: World, victim: str) -> None:
    world.die_at(victim)
    up = world.engine.up()
    assert up.ok, up.failures
    assert victim in world.look.asked
    assert any(warning.startswith(f"{victim} was found as ") for warning in up.warnings)
    urns_made = [found.urn for found in world.cloud.inventory() if found.urn]
    assert len(urns_made) == len(set(urns_made)), "nothing was made twice"
    assert sorted(world.declared()) == sorted(up.remaining)
    assert world.engine.preview().empty, "what was found is known in full"
    assert world.engine.destroy().ok
    assert world.declared() == []


def test_where_nobody_can_tell_nothing_is_done(world: World) -> None:
    world.die_at("aws-tiny-network-vpc")
    before, world.look.blind = world.declared(), True
    with pytest.raises(StillThere, match="cannot be seen"):
        world.engine.up()
    with pytest.raises(StillThere, match="cannot be seen"):
        world.engine.destroy()
    assert world.declared() == before
    assert world.engine.preview().pending, "it is still known what was interrupted"
