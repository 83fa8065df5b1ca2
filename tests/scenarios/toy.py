"""A toy cloud, its provider and its resource classes: small enough to know every answer by heart.

One type, `toy:index:Thing`. Inputs: `name` (made up when absent; two things cannot share one),
`size`, `tags`, `needs` (ids that must exist, and that cannot be deleted meanwhile), `fixed` (a
change replaces), `password`. Outputs: the inputs, `arn` (known after create), `address` (follows
`size`), `key` (made by the cloud). Functions: `toy:index:lookup` and `toy:index:zone`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pulumi

from mllab.protocol.provider import (
    UNKNOWN,
    Call,
    Change,
    Checked,
    Difference,
    Found,
    Made,
    Properties,
    ProviderFailure,
)

THING = "toy:index:Thing"
INPUTS = ("name", "size", "tags", "needs", "fixed", "password")
COMPUTED = ("arn", "address", "key")
SECONDS = 10.0
"""How long every operation takes on the engine's clock."""


@dataclass
class Fault:
    """What goes wrong once, at one operation on one resource.

    Args:
        on: `check`, `create`, `read`, `update`, `delete`, `invoke`.
        name: logical name, or the token of a function.
        do: `refuse`: nothing happens in the cloud, an error comes back.
            `lose`: it happens in the cloud, but an error comes back.
            `unhealthy`: it happens, and the error says what exists.
            `kill`, `kill-after`: the engine dies before or after it happens in the cloud.
            `meanwhile`: something else runs before it happens.
    """

    on: str
    name: str
    do: str
    message: str = "the cloud said no"


@dataclass
class Cloud:
    """What exists, in a file of one line per change, so that it outlives any process.

    Args:
        kill: ends the engine's process without a farewell.
        meanwhile: runs when a fault says so.
    """

    path: Path
    faults: list[Fault] = field(default_factory=list)
    kill: Callable[[], None] = lambda: None
    meanwhile: Callable[[], None] = lambda: None
    calls: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.things: dict[str, dict[str, Any]] = {}
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        for line in lines:
            self._keep(*json.loads(line))

    def put(self, id: str, thing: dict[str, Any] | None) -> None:
        """Write one thing, or None for its end."""
        self._keep(id, thing)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([id, thing]) + "\n")

    def _keep(self, id: str, thing: dict[str, Any] | None) -> None:
        if thing is None:
            self.things.pop(id, None)
        else:
            self.things[id] = thing

    def named(self, logical: str) -> list[str]:
        """Ids of the things that were made for a logical name."""
        return [id for id, thing in self.things.items() if thing["logical"] == logical]

    def happening(self, on: str, name: str) -> Fault | None:
        """Note the call and take its fault, if it has one; faults before the event strike here."""
        with self.lock:
            self.calls.append((on, name))
            fault = next((f for f in self.faults if (f.on, f.name) == (on, name)), None)
            if fault is None:
                return None
            self.faults.remove(fault)
        if fault.do == "kill":
            self._die()
        if fault.do == "refuse":
            raise ProviderFailure(fault.message, code="Refused", seconds=SECONDS)
        if fault.do == "meanwhile":
            self.meanwhile()
        return fault

    def happened(self, fault: Fault | None, made: Made | None = None) -> None:
        """Faults after the event strike here."""
        if fault is None:
            return
        if fault.do == "kill-after":
            self._die()
        if fault.do == "lose":
            raise ProviderFailure(fault.message, code="Lost", seconds=SECONDS)
        if fault.do == "unhealthy":
            raise ProviderFailure(fault.message, code="Unhealthy", made=made, seconds=SECONDS)

    def _die(self) -> NoReturn:
        self.kill()
        # The engine may live in another process; this call must not go on for a dead one.
        raise ProviderFailure("the engine is dead")


class Toy:
    """The provider of package `toy`.

    Args:
        blocking: makes the engine call it on threads.
        zone: part of every id; it and `token`, which opens nothing, can be configured.
    """

    package = "toy"
    version = "1.0.0"

    def __init__(self, cloud: Cloud, *, blocking: bool = False, zone: str = "north") -> None:
        self.cloud, self.blocking, self.zone = cloud, blocking, zone

    def configured(self, config: Mapping[str, Any]) -> Toy:
        unknown = sorted(config.keys() - {"zone", "token"})
        if unknown:
            raise ProviderFailure(f"no such configuration: {', '.join(unknown)}")
        return Toy(self.cloud, blocking=self.blocking, zone=config.get("zone", "north"))

    def check(self, call: Call, olds: Properties | None, news: Properties) -> Checked:
        self.cloud.happening("check", call.name)
        inputs = dict(news)
        if inputs.get("name") is None:
            inputs["name"] = (olds or {}).get("name") or f"{call.name}-{call.seed.hex()[:7]}"
        faults = [f"{key}: no such property" for key in inputs if key not in INPUTS]
        size = inputs.get("size", 0)
        if size is not UNKNOWN and size < 0:
            faults.append(f"size: must be at least 0 (got {size})")
        return Checked(inputs, tuple(faults))

    def diff(
        self, call: Call, id: str, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Difference:
        self.cloud.happening("diff", call.name)
        changes = []
        for key in sorted(old_inputs.keys() | news.keys()):
            before, after = old_inputs.get(key), news.get(key)
            if before != after:
                kind = "add" if before is None else "delete" if after is None else "update"
                changes.append(Change(key, kind, before, after, key in ("name", "fixed")))
        made_up = re.fullmatch(rf"{re.escape(call.name)}-[0-9a-f]{{7}}", str(news["name"]))
        clash = old_inputs["name"] == news["name"] and not made_up
        return Difference(tuple(changes), delete_before_replace=clash)

    def create(self, call: Call, inputs: Properties) -> Made:
        if call.preview:
            return Made("", {**inputs, "arn": UNKNOWN, "address": UNKNOWN, "key": UNKNOWN})
        fault = self.cloud.happening("create", call.name)
        id = f"{self.zone}/{inputs['name']}"
        with self.cloud.lock:
            if id in self.cloud.things:
                raise ProviderFailure(f"the name {inputs['name']} is taken", code="NameTaken")
            missing = [need for need in inputs.get("needs", ()) if need not in self.cloud.things]
            if missing:
                raise ProviderFailure(f"{missing[0]} does not exist", code="NotFound")
            self.cloud.put(id, {"logical": call.name, "inputs": inputs})
        made = Made(id, _outputs(id, inputs), SECONDS)
        self.cloud.happened(fault, made)
        return made

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        self.cloud.happening("read", call.name)
        with self.cloud.lock:
            thing = self.cloud.things.get(id)
        return thing and Found(id, dict(thing["inputs"]), _outputs(id, thing["inputs"]))

    def update(self, call: Call, id: str, old_outputs: Properties, news: Properties) -> Made:
        if call.preview:
            same = old_outputs.get("size") == news.get("size")
            address = old_outputs["address"] if same else UNKNOWN
            return Made(id, {**_outputs(id, news), "address": address})
        fault = self.cloud.happening("update", call.name)
        with self.cloud.lock:
            if id not in self.cloud.things:
                raise ProviderFailure(f"{id} does not exist", code="NotFound")
            self.cloud.put(id, {"logical": call.name, "inputs": news})
        made = Made(id, _outputs(id, news), SECONDS)
        self.cloud.happened(fault, made)
        return made

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        fault = self.cloud.happening("delete", call.name)
        with self.cloud.lock:
            for other, thing in self.cloud.things.items():
                if id in thing["inputs"].get("needs", ()):
                    raise ProviderFailure(f"{id} is needed by {other}", code="InUse")
            if id in self.cloud.things:
                self.cloud.put(id, None)
        self.cloud.happened(fault)
        return SECONDS

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Properties:
        self.cloud.happening("invoke", token)
        if token == "toy:index:zone":
            return {"zone": self.zone}
        if token != "toy:index:lookup":
            raise ProviderFailure(f"no such function: {token}")
        id = f"{self.zone}/{args['name']}"
        if id not in self.cloud.things:
            raise ProviderFailure(f"{id} does not exist", code="NotFound")
        return {"id": id, **_outputs(id, self.cloud.things[id]["inputs"])}

    def find(self, call: Call, inputs: Properties, known: Collection[str]) -> str | None:
        self.cloud.happening("find", call.name)
        ids = [id for id in self.cloud.named(call.name) if id not in known]
        return ids[0] if ids else None

    def contents(self, call: Call, id: str, outputs: Properties) -> str | None:
        return ""


def _outputs(id: str, inputs: Properties) -> Properties:
    return {
        **inputs,
        "arn": f"toy:{id}",
        "address": f"10.0.0.{inputs.get('size', 0)}",
        "key": f"key of {id}",
    }


class Thing(pulumi.CustomResource):
    """The program's side of `toy:index:Thing`."""

    def __init__(
        self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        outputs = dict.fromkeys((*INPUTS, *COMPUTED))
        super().__init__(THING, name, {**outputs, **inputs}, opts)


class Group(pulumi.ComponentResource):
    """A component without anything of its own."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("toy:index:Group", name, {}, opts)


class ToyProvider(pulumi.ProviderResource):
    """An explicit provider."""

    def __init__(
        self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("toy", name, inputs, opts)
