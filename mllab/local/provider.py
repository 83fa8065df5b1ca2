"""The provider of labs on this machine: folders and servers that are really there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final

from mllab.clouds.local import PACKAGE
from mllab.local.folders import Folders
from mllab.local.servers import Notebooks, Servers
from mllab.protocol.provider import (
    Call,
    Change,
    Checked,
    Difference,
    Found,
    Made,
    Properties,
    Provider,
    ProviderFailure,
)
from mllab.protocol.values import same

Kind = Folders | Servers

_KINDS: Final[Mapping[str, Callable[[Path], Kind]]] = {
    f"{PACKAGE}:index:Folder": Folders,
    f"{PACKAGE}:index:Server": Servers,
    f"{PACKAGE}:index:Notebook": Notebooks,
}

_MADE_UP: Final[Mapping[str, Any]] = {"port": 8888, "url": "http://127.0.0.1:8888"}


class LocalProvider:
    """Implements `mllab.protocol.provider.Provider` for one user of this machine.

    Args:
        labs: the folder in which each stack has one.
    """

    package: ClassVar[str] = PACKAGE
    version: ClassVar[str] = "0.0.1"
    blocking: ClassVar[bool] = True

    def __init__(self, labs: Path) -> None:
        self.labs = labs

    def configured(self, config: Mapping[str, Any]) -> Provider:
        """The same: there is nothing to be configured."""
        return self

    def check(self, call: Call, olds: Properties | None, news: Properties) -> Checked:
        """What this machine cannot do is refused before anything is started."""
        try:
            kind = self._kind(call)
        except ProviderFailure as error:
            return Checked(news, (error.message,))
        return Checked(news, tuple(kind.faults(call, news)))

    def diff(
        self, call: Call, id: str, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Difference:
        """What differs; another path or kind of server is another thing."""
        replacing = self._kind(call).replacing
        changes = []
        for key in sorted({*old_inputs, *news}):
            before, after = old_inputs.get(key), news.get(key)
            if not same(before, after):
                how = "add" if key not in old_inputs else "delete" if key not in news else "update"
                changes.append(Change(key, how, before, after, replaces=key in replacing))
        return Difference(tuple(changes), delete_before_replace=True)

    def create(self, call: Call, inputs: Properties) -> Made:
        """Make it. Raises ProviderFailure."""
        kind = self._kind(call)
        return kind.foreseen(call, inputs) if call.preview else kind.create(call, inputs)

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        """What is there now."""
        return self._kind(call).read(call, id, outputs)

    def update(self, call: Call, id: str, old_outputs: Properties, news: Properties) -> Made:
        """Change it in place. Raises ProviderFailure."""
        kind = self._kind(call)
        if call.preview:
            return Made(id, {**old_outputs, **kind.foreseen(call, news).outputs})
        return kind.update(call, id, news)

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        """Remove it, and see that it is gone. Raises ProviderFailure."""
        self._kind(call).delete(call, id, outputs)
        return 0.0

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Properties:
        """There are no functions. Raises ProviderFailure."""
        raise ProviderFailure(f"{PACKAGE} has no function {token}")

    def find(self, call: Call, inputs: Properties, known: Collection[str]) -> str | None:
        """What an interrupted create made."""
        kind = self._kind(call)
        id = kind.id(call, inputs)
        return id if id not in known and kind.read(call, id, inputs) else None

    def contents(self, call: Call, id: str, outputs: Properties) -> str | None:
        """What data it holds, in words."""
        return self._kind(call).contents(call, id)

    def _kind(self, call: Call) -> Kind:
        if call.type not in _KINDS:
            raise ProviderFailure(f"{PACKAGE} does not know the resource type {call.type}")
        return _KINDS[call.type](self.labs / call.urn.split(":")[2])


class DryProvider(LocalProvider):
    """Makes nothing, and tells what would be there: to price, judge and compare a lab.

    What only a start can tell, like a port, is made up.
    """

    blocking: ClassVar[bool] = False

    def check(self, call: Call, olds: Properties | None, news: Properties) -> Checked:
        """Whether this machine has what is needed is not asked."""
        return Checked(news)

    def create(self, call: Call, inputs: Properties) -> Made:
        """What would be there."""
        made = super().create(replace(call, preview=True), inputs)
        if call.preview:
            return made
        outputs = {key: _MADE_UP.get(key, value) for key, value in made.outputs.items()}
        return Made(self._kind(call).id(call, inputs), outputs)

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        """What was told before."""
        return Found(id, {}, outputs)

    def update(self, call: Call, id: str, old_outputs: Properties, news: Properties) -> Made:
        """What would be there."""
        return replace(self.create(call, news), id=id)

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        """Nothing is there."""
        return 0.0

    def contents(self, call: Call, id: str, outputs: Properties) -> str | None:
        """Nothing is there."""
        return ""
