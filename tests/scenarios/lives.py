"""The smallest lab on any of the three simulated clouds, whose engine dies in writing."""

from __future__ import annotations

import multiprocessing
import shlex
import signal
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import components.aws
import components.azure
import components.gcp  # noqa: F401 - here, so that the server of processes has them ready
from components.resource_types import HOLDS_DATA
from mllab import program
from mllab.clock import SimulatedClock
from mllab.clouds.registry import is_machine
from mllab.engines.contract import Engine, Outcome, StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.engines.pulumi import binary, sealing
from mllab.engines.pulumi.engine import PulumiEngine
from mllab.engines.pulumi.workspace import SimulatedWorkspace
from mllab.errors import LabError
from mllab.settings import files
from mllab.simulated.account import SimulatedAccount
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.azure.cloud import SimulatedAzure
from mllab.simulated.gcp.cloud import SimulatedGcp
from tests.scenarios.death import Death, Reaper

ROOT = Path(__file__).parents[2]
CLOUDS: dict[str, type[SimulatedAccount]] = {
    "aws": SimulatedAws,
    "azure-native": SimulatedAzure,
    "gcp": SimulatedGcp,
}
"""By package."""


class Lab(ABC):
    """The smallest lab of a cloud on one engine.

    Args:
        package: the cloud's.
        home: a folder of its own.
    """

    def __init__(self, package: str, home: Path) -> None:
        self.package, self.home = package, home
        self.stack = f"{package.partition('-')[0]}-tiny"

    @property
    def cloud(self) -> SimulatedAccount:
        """The account, as it is now."""
        cloud = CLOUDS[self.package](self.home / "cloud.db")
        for name in cloud.missing():
            cloud.switch_on(name)
        return cloud

    @property
    def target(self) -> StackTarget:
        path = files.find(ROOT, self.stack)
        declare = partial(program.declare, files.load(path), _clock().today())
        return StackTarget("mllab", self.stack, self.package, files.config(path), declare, ROOT)

    @abstractmethod
    def engine(self) -> Engine:
        """A fresh engine, as every command makes one."""

    @abstractmethod
    def killed(self, verb: str, death: Death) -> bool:
        """Run a verb that dies. False when it lived."""

    def do(self, verb: str) -> Outcome:
        """Run a verb to its end."""
        return act(self.engine(), verb)


def act(engine: Engine, verb: str) -> Outcome:
    """`up`, a `rebuild` of every machine, or a `destroy` that names everything with data in it."""
    if verb == "up":
        return engine.up()
    entries = engine.state()["deployment"].get("resources") or []
    if verb == "rebuild":
        return engine.up(rebuild=frozenset(e["urn"] for e in entries if is_machine(e["type"])))
    return engine.destroy(release=frozenset(e["urn"] for e in entries if e["type"] in HOLDS_DATA))


class EmbeddedLab(Lab):
    """On the embedded engine, which dies with a process of its own."""

    def engine(self) -> EmbeddedEngine:
        clouds, seal = {self.package: self.cloud}, partial(sealing.sealed, home=self.home)
        return EmbeddedEngine(self.target, clouds, self.home, _clock(), seal=seal)

    def killed(self, verb: str, death: Death) -> bool:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        process = context.Process(target=_doomed, args=(self.package, self.home, verb, death))
        process.start()
        process.join()
        return process.exitcode == -signal.SIGKILL


class PulumiLab(Lab):
    """On Pulumi's engine, which strace kills at the system call that is named.

    A call that is killed at its entry has not been done.
    """

    def __init__(self, package: str, home: Path) -> None:
        super().__init__(package, home)
        # Everything is imported by it: a program that its engine has left is still at that, in this
        # process, when the next engine asks for it.
        EmbeddedLab(package, home / "imported").engine().preview()

    def engine(self) -> PulumiEngine:
        return self._engine(binary.find(self.home))

    def killed(self, verb: str, death: Death) -> bool:
        found = binary.find(self.home)
        script = self.home / "dying-pulumi"
        file = self._state.with_name(self.stack + death.file)
        paths = f"-P {shlex.quote(str(file))}" if death.file else ""
        kill = f"-e trace={death.what} -e inject={death.what}:signal=KILL:when={death.nth}"
        command = {"rebuild": "up"}.get(verb, verb)
        script.write_text(
            "#!/bin/sh\n"
            f'case " $* " in *" {command} "*)\n'
            f'  exec strace -f -qqq -o /dev/null {paths} {kill} {found.path} "$@";;\n'
            f'esac\nexec {found.path} "$@"\n'
        )
        script.chmod(0o755)
        try:
            act(self._engine(replace(found, path=script)), verb)
        except LabError as error:
            if "was killed (SIGKILL)" not in error.message:
                raise
            return True
        return False

    def _engine(self, found: binary.Binary) -> PulumiEngine:
        target, clock = self.target, _clock()
        place = SimulatedWorkspace(self.home / "place", target, {self.package: self.cloud}, clock)
        return PulumiEngine(target, place, found, self.home, clock)

    @property
    def _state(self) -> Path:
        return self.home / "place/backend/.pulumi/stacks/mllab" / f"{self.stack}.json"


def _doomed(package: str, home: Path, verb: str, death: Death) -> None:
    lab = EmbeddedLab(package, home)
    engine = lab.engine()
    Reaper(death)
    act(engine, verb)


def _clock() -> SimulatedClock:
    return SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
