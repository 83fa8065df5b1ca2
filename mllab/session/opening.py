"""Opens a stack for a command: which settings, which engine, which cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mllab.accounts import identity
from mllab.clock import Clock, SimulatedClock
from mllab.clouds import registry
from mllab.errors import LabError, SettingsError, UsageError
from mllab.protocol.deployment import entries
from mllab.session import local, local_state, location
from mllab.session.local_state import simulated, simulated_home
from mllab.session.realm import RealRealm, SimulatedRealm
from mllab.session.session import EMBEDDED, PULUMI, Session, clock_from, home, project
from mllab.session.simulated import simulated_account
from mllab.session.target import target_of

if TYPE_CHECKING:
    from mllab.engines.contract import StackTarget
    from mllab.settings.lab import Lab

TYPICAL_RUN_SECONDS: Final = 600.0
"""What a course needs to be created or removed; file systems and batch queues take longest."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Choice:
    """Where a command works, as its options say.

    Args:
        simulate: on the simulated cloud of this folder. engine: `embedded` or `pulumi`; None: the
            embedded one for simulated clouds, Pulumi's for real ones. today: of simulated clouds.
    """

    simulate: bool = False
    engine: str | None = None
    today: str | None = None

    @property
    def driver(self) -> str:
        """The engine's name.

        Raises:
            UsageError: a real cloud with what only simulated ones have.
        """
        if self.engine not in {None, EMBEDDED, PULUMI}:
            raise UsageError(
                f"--engine {self.engine}: there is no such engine", hint="Take embedded or pulumi."
            )
        if not self.simulate and self.engine == EMBEDDED:
            raise UsageError(
                "--engine embedded drives simulated clouds only; nothing was contacted",
                hint="Add --simulate, or leave --engine out.",
            )
        if not self.simulate and self.today is not None:
            raise UsageError(
                "--today is for simulated clouds: a real one has its own clock; "
                "nothing was contacted",
                hint="Add --simulate, or leave --today out.",
            )
        return self.engine or (EMBEDDED if self.simulate else PULUMI)


def open_declared(stack: str, choice: Choice, tell: Tell) -> Session:
    """A stack to be planned or changed: its settings must be right, its end not past, and a real
    lab is not made of example values.

    Args:
        tell: told at once what a person should know while an engine works.

    Raises:
        UsageError: no such stack, no such day, options that do not go together, or example values.
        SettingsError: all faults of the file.
        LabError: no Pulumi CLI for a real cloud.
    """
    from mllab.settings import examples, files

    root, clock, engine = project(), clock_from(choice.today), choice.driver
    path = files.find(root, stack)
    lab = files.load(path, now=clock.now())
    session = _open(root, stack, lab, files.config(path), clock, engine, choice, tell)
    if not session.realm.examples:
        examples.refuse(lab, stack)
    return session


def open_existing(stack: str, choice: Choice, tell: Tell) -> Session:
    """A stack to be looked at or taken down: what exists counts.

    A wrong or lost file and a past end are no obstacle. Where the file tells of another place than
    what is recorded, the file does not count either: nobody would look where the lab is.

    Raises:
        UsageError: neither file nor state, no such day, or options that do not go together.
        LabError: no Pulumi CLI for a real cloud.
    """
    from mllab.settings import files

    root, clock, engine = project(), clock_from(choice.today), choice.driver
    lab: Lab | None = None
    fault: SettingsError | None = None
    config: Mapping[str, str] = {}
    where = files.file_of(root, stack).relative_to(root).as_posix()
    try:
        path = files.find(root, stack)
        lab, config = files.load(path), files.config(path)
    except SettingsError as error:
        fault = error
    except UsageError:
        recorded = local_state.known(root, stack, simulate=choice.simulate)
        if not recorded and not local.is_here(home(root), stack, None):
            raise
        fault = SettingsError([f"{where} is missing"])
    if not choice.simulate and not local.is_here(home(root), stack, lab):
        local_state.refuse_simulated_only(root, stack)
    session = _open(root, stack, lab, config, clock, engine, choice, tell, fault=fault)
    moved = location.moved(lab, config, session.engine.state()) if lab else {}
    if not moved:
        return session
    told = ", ".join(
        f"{key} is {said}, but it was made in {old}" for key, (old, said) in moved.items()
    )
    fault = SettingsError([f"{where} is of another lab: {told}"])
    config = {key: value for key, value in config.items() if key not in location.KEYS}
    return _open(root, stack, None, config, clock, engine, choice, tell, fault=fault)


def on_simulated_cloud(
    root: Path,
    stack: str,
    lab: Lab | None,
    config: Mapping[str, str],
    clock: SimulatedClock,
    home: Path,
    *,
    engine: str = EMBEDDED,
    tell: Tell = lambda _: None,
    fault: SettingsError | None = None,
) -> Session:
    """A stack on the simulated cloud that lives in `home`."""
    from mllab.engines.contract import Engine

    known = registry.of(lab.lab.cloud) if lab else registry.of_types(simulated(home, stack)[engine])
    if known is None:
        raise _nowhere(stack, fault)
    if known.here:
        target = target_of(root, stack, lab, config, known.name, clock)
        return local.opened(target, lab, home, clock, fault=fault, dry=True)
    cloud = simulated_account(known.name, home / "simulated")
    target = target_of(root, stack, lab, config, known.name, clock)
    driver: Engine
    if engine == EMBEDDED:
        from mllab.engines.embedded.engine import EmbeddedEngine

        def seal(found: Mapping[str, Any], target: StackTarget) -> Mapping[str, Any]:
            from mllab.engines.pulumi import sealing  # it is needed for nothing else

            return sealing.sealed(found, target, home)

        driver = EmbeddedEngine(target, {cloud.package: cloud}, home, clock, seal=seal)
    else:
        from mllab.engines.pulumi import binary
        from mllab.engines.pulumi.engine import PulumiEngine
        from mllab.engines.pulumi.workspace import SimulatedWorkspace

        own = simulated_home(home)
        place = SimulatedWorkspace(own, target, {cloud.package: cloud}, clock)
        driver = PulumiEngine(target, place, binary.find(home), own, clock, notify=tell)
    region = config.get(known.config_keys["region"], "")
    realm = SimulatedRealm(cloud, engine == PULUMI, region)
    return Session(root, stack, lab, driver, clock, realm, fault, config=config)


def on_real_cloud(
    root: Path,
    stack: str,
    lab: Lab | None,
    config: Mapping[str, str],
    home: Path,
    *,
    tell: Tell,
    fault: SettingsError | None = None,
) -> Session:
    """A stack in the user's own account, with the backend and the secrets of the user's choice."""
    from mllab.engines.pulumi import binary, environment
    from mllab.engines.pulumi.engine import PulumiEngine
    from mllab.engines.pulumi.workspace import RealWorkspace
    from mllab.settings import files

    known = registry.of(lab.lab.cloud) if lab else None
    if known is not None:
        registry.require_sdk(known)
    try:
        found = binary.find(home)
    except LabError as error:
        if flag := local_state.flag(home, stack):  # it was more likely forgotten than Pulumi's CLI
            hint = f"{stack} exists on the simulated cloud: for that one add {flag}\n{error.hint}"
            raise LabError(error.message, hint=hint) from error
        raise
    prepared = environment.real(root, home, stack, files.file_of(root, stack))
    clock = Clock()

    def engine_for(name: str, config: Mapping[str, str]) -> PulumiEngine:
        target = target_of(root, stack, lab, config, name, clock)
        workspace = RealWorkspace(root, prepared.backend, prepared.environ, config)
        return PulumiEngine(
            target, workspace, found, home, clock, notify=tell, before_change=before_change
        )

    def identify(state: Mapping[str, Any]) -> str:
        if known is None:
            raise _nowhere(stack, fault)
        who = known.whoami(config)
        accounts = registry.accounts(entries(state))
        identity.check(who, accounts, TYPICAL_RUN_SECONDS, clock.now())
        return f"{who.kind} {who.account} ({who.principal})"

    def before_change(state: Mapping[str, Any]) -> None:
        identify(state)  # again: between plan and change somebody may have logged in elsewhere

    engine = engine_for(known.name if known else "", config)
    if known is None:  # what is recorded tells where the lab is
        known, recorded = location.recorded(engine.state())
        config = {**recorded, **config}
        engine = engine_for(known.name if known else "", config)
    return Session(
        root,
        stack,
        lab,
        engine,
        clock,
        RealRealm(registry.open_account(known.package if known else "", config), identify),
        fault,
        remarks=(*filter(None, [found.note]), *prepared.notes),
        config=config,
    )


def _nowhere(stack: str, fault: SettingsError | None) -> LabError:
    """Neither the settings nor what is recorded say in which cloud a stack is."""
    return fault or UsageError(f"{stack}: nothing says in which cloud it is")


def _open(
    root: Path,
    stack: str,
    lab: Lab | None,
    config: Mapping[str, str],
    clock: SimulatedClock,
    engine: str,
    choice: Choice,
    tell: Tell,
    *,
    fault: SettingsError | None = None,
) -> Session:
    place = home(root)
    if local.is_here(place, stack, lab):
        if choice.simulate:
            raise UsageError(
                f"{stack} is a lab on this machine, where nothing is simulated; nothing was done",
                hint="Leave --simulate out.",
            )
        target = target_of(root, stack, lab, config, local.NAME, now := Clock())
        return local.opened(target, lab, place, now, fault=fault, engine=choice.engine, tell=tell)
    if not choice.simulate:
        return on_real_cloud(root, stack, lab, config, place, tell=tell, fault=fault)
    local_state.refuse_two_engines(place, stack, engine)
    return on_simulated_cloud(
        root, stack, lab, config, clock, place, engine=engine, tell=tell, fault=fault
    )
