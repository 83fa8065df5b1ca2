"""`rehearse` of a lab on this machine: real servers, in a folder of their own."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar, Final
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import psutil

import mllab
from mllab.clock import Clock
from mllab.clouds.local import PACKAGE
from mllab.engines.contract import Op
from mllab.errors import LabError, StillThere
from mllab.lifecycle import teardown
from mllab.lifecycle.acts import Rehearsal, Scene, Seen
from mllab.local import marked, process
from mllab.local.notebook import run_notebook, text_of
from mllab.local.ports import is_free
from mllab.local.service import Place
from mllab.local.services import SERVICES
from mllab.protocol.deployment import entries
from mllab.session import local
from mllab.session.session import Session
from mllab.session.target import target_of
from mllab.settings.lab import Lab
from mllab.wording import join_limited, pluralize

NOTEBOOK: Final = f"{PACKAGE}:index:Notebook"
FOLDER: Final = f"{PACKAGE}:index:Folder"
EXAMPLE: Final = "digits"
FLOOR: Final = 95.0
"""Percent that the example reads right; 97 were seen."""

SECONDS: Final = 120.0
"""For the example, which takes three."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)


class LocalRehearsal(Rehearsal):
    """One lab on this machine, with real servers."""

    place: ClassVar[str] = (
        "Real servers on 127.0.0.1, in a folder of their own; nothing is simulated."
    )
    _ports: frozenset[int] = frozenset()

    def _script(self) -> list[Scene]:
        return [
            ("check", "the settings are right", self._check),
            ("preview", "everything is to be created, nothing else", self._preview),
            ("up", "JupyterLab answers who has its token, and nobody else", self._answers),
            (
                "a notebook learns to read digits",
                f"its kernel runs every cell, and {FLOOR:g} % of new images are read right",
                self._trained,
            ),
            ("preview again", "nothing to do", self._nothing_to_do),
            ("a JupyterLab is killed", "it is missing", self._killed),
            (
                "up",
                "it is started again, and then there is nothing to do",
                partial(self._healed, Op.CREATE),
            ),
            *self._data_kept(),
            ("down, with its data named", "everything goes", self._down),
            ("a scan of this machine", "no process, no port, no folder is left", self._gone),
        ]

    def _answers(self) -> Seen:
        seen, ok = self._up()
        found = entries(self.session.engine.state())
        self._ports = frozenset(entry.get("outputs", {}).get("port", 0) for entry in found) - {0}
        seats = [entry for entry in found if entry["type"] == NOTEBOOK]
        codes = {(_status(_url(seat)), _status(_url(seat), self._token(seat))) for seat in seats}
        words = [f"{without} without, {with_} with the token" for without, with_ in sorted(codes)]
        told = f"{seen}; {len(seats)} JupyterLab: {join_limited(words)}"
        return told, ok and codes == {(403, 200)}

    def _trained(self) -> Seen:
        seat = self._recorded(NOTEBOOK)
        shutil.copytree(_examples() / EXAMPLE, Path(seat["inputs"]["settings"]["home"]) / EXAMPLE)
        path = f"{EXAMPLE}/{EXAMPLE}.ipynb"
        cells = run_notebook(_url(seat), self._token(seat), path, SECONDS)
        said = re.findall(r"^accuracy ([\d.]+)% .*$", text_of(cells[-1]), re.MULTILINE)
        told = f"{pluralize(len(cells), 'cell')} ran; {text_of(cells[-1]).splitlines()[-1]}"
        return told, bool(said) and float(said[-1]) >= FLOOR

    def _killed(self) -> Seen:
        seat = self._recorded(NOTEBOOK)
        now = process.running(Place(self._lab, seat["id"]))
        if now is None:
            raise LabError(f"{seat['id']} does not run, so nobody can kill it")
        victim = psutil.Process(now.pid)
        victim.kill()
        psutil.wait_procs([victim], timeout=SECONDS)
        return self._found({(seat["urn"], Op.DELETE)})

    def _fill(self) -> None:
        found = entries(self.session.engine.state())
        paths = {entry["id"]: entry["outputs"]["location"] for entry in found if _is_bucket(entry)}
        if not paths:
            raise LabError("the lab has no bucket, which this act is about")
        (Path(min(paths.values())) / "model.bin").write_bytes(bytes(1_200_000))

    def _gone(self) -> Seen:
        left = [f"port {port}" for port in sorted(self._ports) if not is_free(port)]
        # What is there first, then what is only recorded: `account` before `state`.
        things = sorted(teardown.left(self.session).things, key=lambda thing: thing.where)
        left += [thing.name for thing in things]
        return join_limited(left) or "nothing is left", not left

    @property
    def _lab(self) -> Path:
        return _labs(self.session) / self.session.stack

    def _token(self, seat: Mapping[str, Any]) -> str:
        place = Place(self._lab, seat["id"])
        address = SERVICES["jupyterlab"].address(place, seat["outputs"]["port"])
        return parse_qs(urlsplit(address).query).get("token", [""])[0]


@contextmanager
def opened(
    root: Path, stack: str, lab: Lab, config: Mapping[str, str], folder: Path, first_day: datetime
) -> Generator[Session, None, None]:
    """A stack in a folder of its own, of which nothing runs any more afterwards.

    Args:
        first_day: of the lab, which is today: its servers know no other.

    Raises:
        StillThere: something of it cannot be ended.
    """
    clock = Clock()
    today = clock.today()
    ends = lab.lab.ends and today + (lab.lab.ends - first_day.date())
    moved = lab.model_copy(
        update={"lab": lab.lab.model_copy(update={"starts": today, "ends": ends})}
    )
    target = target_of(root, stack, moved, config, local.NAME, clock)
    session = local.opened(target, moved, folder, clock)
    before = {number: signal.signal(number, _leave) for number in _SIGNALS}
    try:
        yield session
    finally:
        _end(_labs(session) / stack)
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Ended from outside: servers would go on without it, in a folder that nobody knows."""
    raise KeyboardInterrupt(signal.strsignal(number))


def _end(lab: Path) -> None:
    """End all that still runs of a lab, however far its rehearsal came. Raises StillThere."""
    for left in (marked.processes(lab) for _ in range(5)):
        for one in left:
            one.kill()
        psutil.wait_procs(left, timeout=5)
    if left := marked.processes(lab):
        pids = " ".join(str(one.pid) for one in left)
        raise StillThere(f"of {lab} still run: {pids}", hint=f"kill -9 {pids}")


def _labs(session: Session) -> Path:
    if not isinstance(session.realm, local.LocalRealm):
        raise ValueError("a rehearsal never reaches a real cloud")
    return session.realm.labs


def _url(seat: Mapping[str, Any]) -> str:
    return str(seat["outputs"]["url"])


def _is_bucket(entry: Mapping[str, Any]) -> bool:
    return bool(entry["type"] == FOLDER and str(entry["id"]).startswith("s3/"))


def _status(url: str, token: str = "") -> int:
    """What a JupyterLab answers who asks what runs in it."""
    header = {"Authorization": f"token {token}"} if token else {}
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(Request(f"{url}/api/status", headers=header), timeout=SECONDS) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code
    except OSError as error:
        raise LabError(f"{url} does not answer: {error}") from error


def _examples() -> Path:
    """Beside the package in a checkout, in it where it is installed."""
    inside = Path(mllab.__file__).parent
    return next(
        folder for folder in (inside / "examples", inside.parent / "examples") if folder.is_dir()
    )
