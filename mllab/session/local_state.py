"""What is recorded of a stack on this machine: read offline, without running any engine."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mllab.clouds.registry import HERE
from mllab.errors import LabError, UsageError
from mllab.session.session import EMBEDDED, PULUMI
from mllab.session.session import home as home_of
from mllab.settings.files import PROJECT

DAMAGED: Final = ("?",)
"""Stands for the resources in a file that cannot be read: something may be there."""

Types = tuple[str, ...]
"""Type tokens of the things in a cloud, one for each thing."""


def state_file(home: Path, stack: str) -> Path:
    """Where the embedded engine keeps a stack's state."""
    return home / "state" / f"{stack}.json"


def simulated_home(home: Path) -> Path:
    """Where Pulumi's engine lives when it drives simulated clouds."""
    return home / "simulated" / "pulumi"


def local_home(home: Path) -> Path:
    """Where states and labs of this machine are kept."""
    return home / HERE.name


def names(home: Path, backend: Path | None) -> set[str]:
    """Stacks of which something is recorded, whether they still have a file or not.

    Args:
        backend: the folder of a `file://` backend of real clouds.
    """
    folders = [simulated_home(home) / "backend", *([backend] if backend else [])]
    kept = [path for folder in folders for path in _stacks(folder).glob("*.json")]
    kept += (home / "state").glob("*.json")
    own = local_home(home)
    kept += [*(own / "state").glob("*.json"), *_stacks(own / PULUMI / "backend").glob("*.json")]
    every = {path.name.removesuffix(".json") for path in kept}
    return {
        name
        for name in every
        if any(simulated(home, name).values())
        or here(home, name)
        or (backend and in_backend(backend, name))
    }


def simulated(home: Path, stack: str) -> dict[str, Types]:
    """A stack's things on the simulated clouds, by the engine that has recorded them."""
    return {
        EMBEDDED: _embedded(home, stack),
        PULUMI: in_backend(simulated_home(home) / "backend", stack),
    }


def here(home: Path, stack: str) -> Types:
    """A stack's things on this machine, whichever engine has recorded them."""
    own = local_home(home)
    return _embedded(own, stack) + in_backend(own / PULUMI / "backend", stack)


def in_backend(folder: Path, stack: str) -> Types:
    """A stack's things in a `file://` backend, or DAMAGED.

    Args:
        folder: the backend's.
    """
    path = _stacks(folder) / f"{stack}.json"
    try:
        latest = json.loads(path.read_bytes())["checkpoint"].get("latest") or {}
        begun = [pending["resource"] for pending in latest.get("pending_operations") or []]
        entries = [*(latest.get("resources") or []), *begun]
        return _things((entry["type"], bool(entry.get("custom"))) for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return DAMAGED


def known(root: Path, stack: str, *, simulate: bool) -> bool:
    """True when a stack without a file is recorded somewhere."""
    if simulate:
        place = home_of(root)
        return state_file(place, stack).exists() or any(simulated(place, stack).values())
    from mllab.engines.pulumi.backend import choose

    folder = choose(root, home_of(root)).folder
    return folder is None or bool(in_backend(folder, stack))


def flag(home: Path, stack: str) -> str:
    """The option that leads to a simulated lab; empty where there is none."""
    engines = [engine for engine, things in simulated(home, stack).items() if things]
    if not engines:
        return ""
    return "--simulate" if engines[0] == EMBEDDED else f"--simulate --engine {engines[0]}"


def refuse_simulated_only(root: Path, stack: str) -> None:
    """Refuse to look for a simulated lab in a real cloud, of which nothing is recorded there."""
    from mllab.engines.pulumi.backend import choose

    place = home_of(root)
    folder = choose(root, place).folder
    option = flag(place, stack)
    if option and folder is not None and not in_backend(folder, stack):
        raise UsageError(
            f"{stack} exists on the simulated cloud only; nothing was contacted",
            hint=f"Add {option}",
        )


def refuse_two_engines(home: Path, stack: str, engine: str) -> None:
    """A stack that one engine has recorded would be made a second time by the other."""
    for other, things in simulated(home, stack).items():
        if other != engine and things:
            raise UsageError(
                f"{stack} exists on the simulated cloud, recorded by the {other} engine",
                hint=f"Take that one: --engine {other}. "
                f"Or remove the lab first: mllab down {stack} --simulate --engine {other}",
            )


def _stacks(backend: Path) -> Path:
    return backend / ".pulumi" / "stacks" / PROJECT


def _embedded(home: Path, stack: str) -> Types:
    from mllab.engines.embedded.store import Store

    try:
        state = Store(state_file(home, stack).parent, stack).load()
    except LabError:
        return DAMAGED
    records = [*state.records, *(pending.record for pending in state.pending)]
    return _things((record.type, record.custom) for record in records)


def _things(found: Iterable[tuple[str, bool]]) -> Types:
    return tuple(type for type, custom in found if custom and not type.startswith("pulumi:"))
