"""Servers of a lab: started, looked at, stopped, and proved to be gone."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from mllab.local import gpus, process, records
from mllab.local.ports import free_port, is_free
from mllab.local.service import LOOPBACK, Launch, Place, Service
from mllab.local.services import SERVICES
from mllab.protocol.provider import UNKNOWN, Call, Found, Made, Properties, ProviderFailure
from mllab.protocol.values import has_unknown
from mllab.wording import pluralize

RUNNING, STOPPED = "running", "stopped"
SETTINGS: Final = "settings.json"
"""What a server was told, beside it: whoever starts it again reads this."""


class Servers:
    """The resource type `Server` of one lab: one that is stopped is not there.

    Args:
        lab: the lab's folder.
    """

    replacing: ClassVar[frozenset[str]] = frozenset({"service"})
    states: ClassVar[frozenset[str]] = frozenset({RUNNING})

    def __init__(self, lab: Path) -> None:
        self.lab = lab

    def id(self, call: Call, inputs: Properties) -> str:
        """What it is found by."""
        return call.name

    def faults(self, call: Call, news: Properties) -> Sequence[str]:
        """What this machine lacks for it, with what gets it."""
        kind = news.get("service")
        if not isinstance(kind, str) or kind not in SERVICES:
            return [f"service: there is no {kind!r}; known are {', '.join(SERVICES)}"]
        if has_unknown(news.get("settings")):
            return []
        settings = news["settings"]
        lacks = SERVICES[kind].lacks(settings)
        found = [
            f"{one.what} is missing{f': {one.command}' if one.command else ''}" for one in lacks
        ]
        wanted = int(settings.get("gpu_count", 0))
        if wanted and (there := gpus.count()) < wanted:
            found.append(
                f"its size needs {pluralize(wanted, 'GPU')}, and nvidia-smi shows {there} here;"
                " take cpu-small or cpu-medium"
            )
        return [f"service: {one}" for one in found]

    def foreseen(self, call: Call, inputs: Properties) -> Made:
        """What `create` will tell, as far as it is known before."""
        return Made("", {**inputs, "port": UNKNOWN, "url": UNKNOWN, "state": RUNNING})

    def create(self, call: Call, inputs: Properties) -> Made:
        """Start it, and wait until it answers. Raises ProviderFailure."""
        place = Place(self.lab, call.name)
        return self._start(place, inputs, self._port(place, inputs))

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        """What is there now."""
        place = Place(self.lab, id)
        kept, state = records.read(place.run / SETTINGS), process.state(place)
        if not kept or state not in self.states:
            return None
        inputs: Properties = {"service": kept["service"], "settings": kept["settings"]}
        if changed := sorted(_changed(place.run, kept["files"])):
            inputs["changed"] = changed
        return Found(id, inputs, _outputs(inputs, kept["port"], state))

    def update(self, call: Call, id: str, news: Properties) -> Made:
        """Start it anew with other settings; one that is stopped stays so, and finds them when it
        is started. Raises ProviderFailure."""
        place = Place(self.lab, id)
        port = self._port(place, news)
        if process.stopped(place) and STOPPED in self.states:
            self._write(place, news, port)
            return Made(id, _outputs(news, port, STOPPED))
        process.stop(place)
        return self._start(place, news, port)

    def delete(self, call: Call, id: str, outputs: Properties) -> None:
        """Stop it with all that it started. Raises ProviderFailure where something lives on."""
        place = Place(self.lab, id)
        process.stop(place)
        if (kind := str(outputs.get("service"))) in SERVICES:
            SERVICES[kind].retire(place)
        shutil.rmtree(place.run, ignore_errors=True)

    def start(self, name: str) -> None:
        """Start one that was stopped, with what it was told, at the port that is recorded. Raises
        ProviderFailure."""
        place = Place(self.lab, name)
        if not process.running(place):
            kept = records.read(place.run / SETTINGS)
            self._start(place, kept, kept["port"])

    def contents(self, call: Call, id: str) -> str | None:
        """No data: that is in folders."""
        return ""

    def _start(self, place: Place, inputs: Properties, port: int) -> Made:
        process.start(place, self._write(place, inputs, port), port)
        return Made(place.name, _outputs(inputs, port, RUNNING))

    def _write(self, place: Place, inputs: Properties, port: int) -> Launch:
        """Write what the server reads, and what it was told. Raises ProviderFailure."""
        service: Service = SERVICES[inputs["service"]]
        try:
            launch = service.prepare(place, port, _with_gpus(inputs["settings"]))
            kept = {
                "service": inputs["service"],
                "settings": inputs["settings"],
                "port": port,
                "files": {name: _digest(place.run / name) for name in launch.files},
            }
            records.write(place.run / SETTINGS, kept)
        except OSError as error:  # a full disk, say
            told = f"{error.filename or place.run}: {error.strerror or error}"
            raise ProviderFailure(told, code=type(error).__name__) from error
        return launch

    def _port(self, place: Place, inputs: Properties) -> int:
        """The port that it had, which people have in their bookmarks, or another; 0 for none."""
        if not SERVICES[inputs["service"]].listens:
            return 0
        if now := process.running(place):  # a killed run has started it already
            return now.port
        before = records.read(place.run / SETTINGS).get("port")
        return before if before and is_free(before) else free_port(None)


class Notebooks(Servers):
    """The resource type `Notebook`: people and the keeper stop and start it, so a stopped one is
    there as well as one that runs."""

    states: ClassVar[frozenset[str]] = frozenset({RUNNING, STOPPED})


def _with_gpus(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings, with what GPUs are meant: a seat's by their numbers, a queue's by how many."""
    if "gpu_count" not in settings:
        return settings
    each, turn = int(settings["gpu_count"]), settings.get("turn")
    there = gpus.count() if each else 0
    return {**settings, "gpus": there if turn is None else gpus.numbers(each, int(turn), there)}


def _outputs(inputs: Mapping[str, Any], port: int, state: str) -> Properties:
    url = f"http://{LOOPBACK}:{port}" if port else ""
    return {**inputs, "port": port, "url": url, "state": state}


def _digest(file: Path) -> str:
    """Of what a file holds; empty where it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def _changed(run: Path, before: Mapping[str, str]) -> Iterator[str]:
    """The files that are not as the service has left them."""
    yield from (name for name, digest in before.items() if _digest(run / name) != digest)
