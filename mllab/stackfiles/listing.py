"""`list` and `check`: the labs of a project, offline."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mllab.clouds.registry import PLACES
from mllab.errors import LabError, SettingsError, UsageError
from mllab.session.local_state import DAMAGED, Types, here, in_backend, names, simulated
from mllab.session.session import EMBEDDED, home
from mllab.session.simulated import regions
from mllab.settings import files
from mllab.settings.lab import Lab
from mllab.wording import pluralize


@dataclass(frozen=True)
class Row:
    """One stack.

    Args:
        size: of its notebooks. ends: last day, ISO.
        state: `not created`, `in AWS, 45 resources`, `simulated, state damaged`.
        faults: of its file; the other fields are then empty.
    """

    stack: str
    cloud: str = ""
    profile: str = ""
    size: str = ""
    ends: str = ""
    state: str = ""
    faults: tuple[str, ...] = ()


def rows(root: Path) -> list[Row]:
    """Every stack of the project, also those whose file is gone but that still exist."""
    backend, elsewhere = _backend(root)
    kept = names(home(root), backend)
    return [_row(root, name, backend, elsewhere) for name in sorted({*files.names(root), *kept})]


def describe(lab: Lab) -> str:
    """A lab in one line: `AWS us-east-1, 1 notebook gpu-small, at most 4 gpu-small nodes, ...`.

    A region that only the real cloud knows is told, or a lab that is ok would fail its rehearsal.
    """
    notebooks = f"{pluralize(len(lab.notebook.seats), 'notebook')} {lab.notebook.size}"
    spot = " spot" if lab.cluster.spot else ""
    cluster = (
        f"at most {pluralize(lab.cluster.max_nodes, f'{lab.cluster.size}{spot} node')} for jobs"
    )
    files_too = "bucket and files" if lab.storage.files else "bucket"
    budget = (
        f"{lab.budget.limit_usd:g} USD per {lab.budget.per}" if lab.own.budgeted else "no budget"
    )
    ends = f"ends {lab.lab.ends}" if lab.lab.ends else "no end"
    title = PLACES[lab.lab.cloud].title
    where = f"{title} {lab.region}".strip()
    told = ", ".join([where, notebooks, cluster, files_too, budget, ends])
    if lab.region in regions(lab.lab.cloud):
        return told
    return f"{told}; cannot be rehearsed: the simulated {title} does not know {lab.region}"


def document(row: Row) -> dict[str, Any]:
    """One stack of `list --json`."""
    return asdict(row)


def _row(root: Path, stack: str, backend: Path | None, elsewhere: str) -> Row:
    def state(cloud: str) -> str:
        return _state(home(root), stack, f"in {cloud}", backend, elsewhere)

    try:
        lab = files.load(files.find(root, stack))
    except UsageError as error:
        return Row(stack, state=state("a cloud"), faults=(error.message,))
    except SettingsError as error:
        return Row(stack, state=state("a cloud"), faults=error.faults)
    cloud, ends = lab.lab.cloud, lab.lab.ends.isoformat() if lab.lab.ends else ""
    size = f"{len(lab.notebook.seats)} x {lab.notebook.size}"
    return Row(stack, cloud, lab.lab.profile, size, ends, state(PLACES[cloud].title))


def _state(home: Path, stack: str, where: str, backend: Path | None, elsewhere: str) -> str:
    things = in_backend(backend, stack) if backend else ()
    found = [f"{where}: ask {elsewhere}"] if elsewhere else []
    found += [_told(things, where)] if things else []
    own = here(home, stack)
    found += [_told(own, "on this machine")] if own else []
    found += [
        _told(things, f"simulated{'' if engine == EMBEDDED else f' by {engine}'}")
        for engine, things in simulated(home, stack).items()
        if things
    ]
    return "; ".join(found) or "not created"


def _backend(root: Path) -> tuple[Path | None, str]:
    """The folder of real states, or whom to ask where they are elsewhere."""
    from mllab.engines.pulumi.backend import choose

    try:
        backend = choose(root, home(root))
    except LabError:
        return None, "`pulumi whoami`"
    folder = backend.folder
    return folder, "" if folder else backend.url or "`pulumi stack ls`"


def _told(things: Types, where: str) -> str:
    amount = "state damaged" if things == DAMAGED else pluralize(len(things), "resource")
    return f"{where}, {amount}"
