"""Processes that outlive the command that started them, found again by whoever asks next."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import psutil

from mllab.local import detach, records
from mllab.local.marked import alive, end, environment, marks, tree
from mllab.local.ports import free_port, listens
from mllab.local.service import LOOPBACK, Launch, Place
from mllab.protocol.provider import ProviderFailure

READY_SECONDS: Final = 60.0
"""A server that does not answer by then is ended. A JupyterLab takes 2, on a slow disk 20."""

LOG_BYTES: Final = 1_000_000
PASSED: Final = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL"),
    *("LD_LIBRARY_PATH", "CUDA_HOME", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)
"""What servers get of the user's environment: no account, no token, no home."""

State = Literal["running", "stopped", "gone"]


@dataclass(frozen=True)
class Running:
    """The first process of a server.

    Args:
        started: seconds since 1970, as psutil tells it. port: 0 where it has none.
        signal: that ends it. grace: seconds until it is killed.
    """

    pid: int
    started: float
    port: int
    signal: int = signal.SIGTERM
    grace: float = 5.0


@dataclass(frozen=True)
class Stopped:
    """A server that was stopped on purpose. at: ISO 8601, in UTC. why: words for people."""

    at: str
    why: str


def start(place: Place, launch: Launch, port: int, seconds: float = READY_SECONDS) -> Running:
    """Start a server, and wait until it answers. One that runs already at that port is kept.

    It is written down before it is waited for, so that who is killed meanwhile leaves nothing
    that the next run does not find.

    Raises:
        ProviderFailure: its port is taken; or it ended, or did not answer in `seconds`, and then
            nothing of it is left.
    """
    with _held(place):
        now = running(place)
        if now is None or now.port != port:
            _end(place, now)
            if port:
                free_port(port)
            for name in ("stopped.json", "ready"):
                (place.run / name).unlink(missing_ok=True)
            now = _spawn(place, launch, port)
    _wait_until_ready(place, launch, now, seconds)
    return now


def running(place: Place) -> Running | None:
    """The server's first process, if it is there and is the server's."""
    told = records.read(place.run / "process.json")
    try:
        now = Running(**told)
        process = alive(now.pid)
        if process is None:
            return None
        said = environment(process)
        # A clock that was set moves the moments at which processes started: marks go before.
        same = said.items() >= marks(place).items() if said else _started(process, now.started)
    except (TypeError, psutil.Error):  # nothing, or something else, is written there
        return None
    return now if same else None


def state(place: Place) -> State:
    """`stopped` is on purpose, and nothing runs; `gone` is everything else that does not run."""
    if running(place):
        return "running"
    return "stopped" if stopped(place) and not tree(place) else "gone"


def stopped(place: Place) -> Stopped | None:
    """When and why it was stopped on purpose, if it was."""
    told = records.read(place.run / "stopped.json")
    return Stopped(str(told["at"]), str(told["why"])) if {"at", "why"} <= told.keys() else None


def stop(place: Place, why: str = "") -> None:
    """End a server and all that it started, and prove that nothing of it is left.

    Args:
        why: it is stopped, for people; it stays stopped until it is started. Empty: it is removed.

    Raises:
        ProviderFailure: something of it still runs, or this program does so inside of it.
    """
    with _held(place) if place.run.is_dir() else nullcontext():
        now = running(place)
        _refuse_from_within(place, now)
        if why:  # before: who is killed in between has said already that it is on purpose
            at = datetime.now(UTC).isoformat(timespec="seconds")
            records.write(records.make_folder(place) / "stopped.json", asdict(Stopped(at, why)))
        _end(place, now)
        for name in ("process.json",) if why else ("process.json", "stopped.json"):
            (place.run / name).unlink(missing_ok=True)


@contextmanager
def _held(place: Place) -> Iterator[None]:
    """One starts or stops a server at a time: a run, its keeper, a person."""
    records.make_folder(place)
    handle = os.open(place.run / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _spawn(place: Place, launch: Launch, port: int) -> Running:
    log = place.run / "log"
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name("log.1"))
    given = {name: os.environ[name] for name in PASSED if name in os.environ}
    # -I and -S: it needs nothing but the standard library, and starts in a tenth of the time.
    words = [sys.executable, "-I", "-S", detach.__file__, str(launch.cwd), str(log), *launch.argv]
    pid = os.posix_spawn(sys.executable, words, {**given, **launch.env, **marks(place)})
    now = Running(pid, _moment(pid), port, int(launch.signal), launch.grace)
    records.write(place.run / "process.json", asdict(now))
    return now


def _moment(pid: int) -> float:
    with suppress(psutil.Error):
        return float(psutil.Process(pid).create_time())
    return 0.0  # it has ended already, which the next look tells


def _started(process: psutil.Process, moment: float) -> bool:
    return abs(float(process.create_time()) - moment) < 1


def _wait_until_ready(place: Place, launch: Launch, now: Running, seconds: float) -> None:
    limit = time.monotonic() + seconds
    while running(place) == now:
        if _is_ready(place, launch, now):
            return
        if time.monotonic() > limit:
            with _held(place):
                _end(place, now)
            where = f"at http://{LOOPBACK}:{now.port}{launch.ready} " if now.port else ""
            raise ProviderFailure(
                f"{place.name} did not answer {where}in {seconds:g} s, and was ended",
                code="NotReady",
                hint=f"Its log is {place.run / 'log'}",
            )
        time.sleep(0.05)
    with _held(place):
        _end(place)
    raise ProviderFailure(
        f"{place.name} ended while it started:\n{_last_lines(place.run / 'log')}",
        code="Ended",
        hint=f"Its log is {place.run / 'log'}",
    )


def _is_ready(place: Place, launch: Launch, now: Running) -> bool:
    if not now.port:
        return place.ready.exists()
    first = alive(now.pid)
    if first is None:
        return False
    # Somebody else may answer at that port; then ours is about to end.
    with suppress(psutil.Error):
        if any(listens(one, now.port) for one in (first, *first.children(recursive=True))):
            return not launch.ready or _answers(f"http://{LOOPBACK}:{now.port}{launch.ready}")
    return False


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _last_lines(log: Path, count: int = 8) -> str:
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError as fault:
        return f"  {fault}"
    return "\n".join(f"  {line[:200]}" for line in text.splitlines()[-count:])


def _refuse_from_within(place: Place, now: Running | None) -> None:
    """A terminal of JupyterLab that ends its JupyterLab would die in the middle of it."""
    own = psutil.Process()
    mine = {own.pid, *(one.pid for one in own.parents())}
    if any(one.pid in mine for one in tree(place, now.pid if now else None)):
        raise ProviderFailure(
            f"this program runs inside {place.name}, which it is to end",
            code="Inside",
            hint="Run it from a terminal outside of the lab.",
        )


def _end(place: Place, now: Running | None = None) -> None:
    """Ask the server to end, then what is left of it, then kill that; prove that it is gone."""
    pid = now.pid if now else None
    known = tree(place, pid)  # what has no marks is found by its parent alone, which ends first
    if now and (first := alive(now.pid)):
        with suppress(psutil.Error):
            first.send_signal(now.signal)
        _wait(first, now.grace)
    if left := end(lambda: {*tree(place, pid), *(one for one in known if one.is_running())}, 1.0):
        named = ", ".join(f"{one.pid} ({_name(one)})" for one in left)
        raise ProviderFailure(
            f"{place.name} still runs: process {named}",
            code="StillRunning",
            hint=f"kill -9 {' '.join(str(one.pid) for one in left)}",
        )


def _wait(process: psutil.Process, seconds: float) -> None:
    """Wait until it has ended; one that is only not reaped yet is not waited for.

    psutil's own wait counts that as there, and a container's first process may take seconds.
    """
    limit = time.monotonic() + seconds
    while alive(process.pid) and time.monotonic() < limit:
        time.sleep(0.02)


def _name(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return str(process.name())
    return "ended meanwhile"
