"""A lab that lives on a simulated account, changed by its settings as a person would by commands.

Everything goes the way of the command line, from the file of settings to the proof that nothing is
left, without its text.
"""

from __future__ import annotations

import copy
import io
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from rich.console import Console
from ruamel.yaml import YAML

from components.resource_types import HOLDS_DATA
from mllab.clock import SimulatedClock
from mllab.engines.contract import Op, Outcome, Plan
from mllab.lifecycle import deploy, impossible, teardown
from mllab.session.opening import on_simulated_cloud
from mllab.session.realm import SimulatedRealm
from mllab.session.session import Session
from mllab.settings import files
from mllab.show.observer import ConsoleObserver
from mllab.simulated.account import SimulatedAccount
from mllab.simulated.faults import Faults, Rule

ROOT = Path(__file__).parents[2]
MORNING = datetime(2027, 1, 11, 9, tzinfo=UTC)

Change = Mapping[str, Mapping[str, Any]]
"""Section to what is set in it; of the section without a name, whole keys (`aws:region`)."""

NULL: Final = "null"
"""Writes `null` into the file, where None takes the setting out."""

SMALL: Change = {
    "notebook": {"size": "cpu-small", "seats": ["s01", "s02"]},
    "cluster": {"size": "cpu-small", "max_nodes": 1},
}
"""Two seats that a new account has the quota for."""

MANAGED: Mapping[str, Change] = {
    "aws": {"notebook": {"kind": "managed", "disk_gb": None}},
    "azure": {
        "notebook": {"kind": "managed", "disk_gb": None, "home_gb": None, "max_hours": None},
        "azure": {"ssh_from": None, "ssh_keys": None},
    },
    "gcp": {"notebook": {"kind": "managed"}},
}
"""The vendor's notebooks instead of machines, without the settings that are for those."""

QUOTAS: Mapping[str, Mapping[str, float]] = {
    "aws": {"L-1216C47A": 64, "ml.t3.large for notebook instance usage": 4},
    "gcp": {"SSD_TOTAL_GB": 600},
}
"""Machines old and new side by side, and managed ones, of which a new account has none."""

CLOUDS = ("aws", "azure", "gcp")
ENGINES = (
    "embedded",
    pytest.param(
        "pulumi",
        marks=[
            pytest.mark.engine,
            # The SDK's language server leaves its event loop open when the engine is gone.
            pytest.mark.filterwarnings("ignore::ResourceWarning"),
            pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
        ],
    ),
)


class LivingLab:
    """One lab on one engine.

    Args:
        folder: an empty one.
        cloud: `aws`, `azure`, `gcp`.
        engine: `embedded` or `pulumi`.
    """

    def __init__(self, folder: Path, cloud: str, engine: str) -> None:
        self._folder, self._engine = folder, engine
        self.faults: tuple[Rule, ...] = ()
        """What the account does wrong from now on."""
        (folder / "stacks").mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
        text = (ROOT / "stacks" / f"Pulumi.{cloud}-course.yaml").read_text()
        self.path = folder / "stacks" / "Pulumi.lab.yaml"
        self.path.write_text(text)
        self.set(SMALL)
        realm = self.session().realm
        realm.grant(realm.off)

    def set(self, change: Change) -> None:
        """Change settings in the file; None takes one out."""
        yaml = YAML()
        document = yaml.load(self.path)
        for section, values in change.items():
            config = document["config"]
            found = config.setdefault(f"mllab:{section}", {}) if section else config
            found.update({key: None if now == NULL else now for key, now in values.items()})
            for key in [key for key, value in values.items() if value is None]:
                del found[key]
        yaml.dump(document, self.path)

    def copied(self, folder: Path) -> LivingLab:
        """A second one in another folder, as it is now, account and all."""
        shutil.copytree(self._folder, folder)
        found = copy.copy(self)
        found._folder, found.path = folder, folder / self.path.relative_to(self._folder)
        return found

    def settings(self) -> str:
        """The file as it is."""
        return self.path.read_text()

    def session(self) -> Session:
        """As every command opens its own."""
        session = on_simulated_cloud(
            self._folder,
            "lab",
            files.load(self.path, now=MORNING),
            files.config(self.path),
            SimulatedClock(MORNING),
            self._folder / "home",
            engine=self._engine,
        )
        _account(session).faults = Faults(self.faults)
        return session

    @property
    def cloud(self) -> SimulatedAccount:
        """The account, seen from outside."""
        return _account(self.session())

    def plan(self, rebuild: Sequence[str] = ()) -> Plan:
        """`mllab preview --rebuild SEAT ...`."""
        return deploy.plan(self.session(), _nobody(), rebuild)

    def planned(self, rebuild: Sequence[str] = ()) -> tuple[Session, Plan]:
        """What `mllab up --rebuild SEAT ...` shows before it asks."""
        session, nobody = self.session(), _nobody()
        deploy.look(session, nobody)
        return session, deploy.plan(session, nobody, rebuild)

    def carry_out(self, session: Session, plan: Plan, named: Iterable[str] = ()) -> Outcome | None:
        """What `mllab up --delete-data NAME ...` does then; None when there is nothing to do."""
        impossible.refuse(session, plan, _nobody())
        release = deploy.losses(session, plan, [*named])
        return None if plan.empty else deploy.up(session, plan, release, _nobody())

    def up(self, named: Iterable[str] = (), rebuild: Sequence[str] = ()) -> Outcome | None:
        """`mllab up --yes --delete-data NAME ... --rebuild SEAT ...`; None when there was nothing
        to do."""
        return self.carry_out(*self.planned(rebuild), named)

    def down(self, named: Iterable[str] = ()) -> teardown.Left:
        """`mllab down --yes --delete-data NAME ...`; what is left."""
        session, nobody = self.session(), _nobody()
        things, holdings = teardown.recorded(session), session.engine.holdings()
        release = teardown.release(session, holdings, [*named])
        teardown.down(session, release, len(things), nobody)
        return teardown.left(session)

    def entries(self) -> dict[str, Mapping[str, Any]]:
        """The state by urn."""
        deployment = self.session().engine.state()["deployment"]
        return {entry["urn"]: entry for entry in deployment.get("resources") or []}

    def fill(self) -> None:
        """Put an object into the bucket, files into the shared folder, an image into the registry.

        A home disk counts as full as soon as it is there.
        """
        cloud = self.cloud
        for entry in self.entries().values():
            if entry["type"] == cloud.buckets:
                cloud.put_object(entry["id"], "results/model.bin", 12_000_000)
            if entry["type"] == cloud.shares:
                cloud.write_files(entry["id"], 5_000_000)
            if entry["type"] == cloud.repositories:
                cloud.push_image(entry["id"], "train", 2_000_000_000)

    def data(self) -> dict[str, tuple[str, bool]]:
        """What keeps data, by name: its id, and whether it is protected."""
        return {
            urn.rpartition("::")[2]: (entry["id"], bool(entry.get("protect")))
            for urn, entry in self.entries().items()
            if entry["type"] in HOLDS_DATA
        }


def _account(session: Session) -> SimulatedAccount:
    assert isinstance(session.realm, SimulatedRealm)
    return session.realm.cloud


def _nobody() -> ConsoleObserver:
    return ConsoleObserver(Console(file=io.StringIO()))


def lost(plan: Plan) -> set[str]:
    """The names of what a plan takes away with its data."""
    return {step.name for step in plan.steps if step.loses and step.op in {Op.DELETE, Op.REPLACE}}
