"""Labs of one cloud to look at: the committed stacks, and variants of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.contracts import Unsupported
from components.environment import Cloud, Environment, EnvironmentArgs
from mllab import program
from mllab.errors import RunFailed
from mllab.settings import files
from mllab.settings.lab import Lab
from tests.components.render import Agreeable, Answers, Rendered, render, replaced

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class CloudLabs:
    """The labs of a cloud.

    Args:
        name: of the cloud.
        answers: what it says to look-ups of a lab in a region.
        account: the stand-in for the cloud itself.
        network: what a role needs of the network when it is rendered alone.
    """

    name: str
    answers: Callable[[str], Answers]
    account: type[Agreeable]
    network: Callable[[EnvironmentArgs], Any]
    _rendered: dict[str, Rendered] = field(default_factory=dict)

    @property
    def stacks(self) -> tuple[str, ...]:
        """The committed ones."""
        return tuple(f"{self.name}-{size}" for size in ("course", "lab", "tiny"))

    def loaded(self, name: str = "", kind: str = "vm") -> Lab:
        """A committed stack, by default the course, with notebooks of a kind."""
        lab = files.load(files.find(ROOT, name or self.stacks[0]))
        return lab.model_copy(update={"notebook": lab.notebook.model_copy(update={"kind": kind})})

    def asked(self, name: str = "", kind: str = "vm") -> EnvironmentArgs:
        """What a committed stack asks of the components."""
        return program.arguments(self.loaded(name, kind))

    def cloud(
        self, name: str = "", *, kind: str = "vm", zone: str | None = None, **switches: Any
    ) -> Cloud:
        """The classes of a committed stack's cloud; of the notebooks those of a kind, and some of
        its own switches changed."""
        lab = self.loaded(name, kind)
        own = getattr(lab, self.name).model_copy(update=switches)
        return program.cloud(lab.model_copy(update={self.name: own, "zone": zone}))

    def committed(self, name: str = "", kind: str = "vm") -> Rendered:
        """A committed stack as a run declares it, with everything known."""
        lab = self.loaded(name, kind)
        return self._once(
            f"{lab.stack} {kind}", lambda: self.render(lambda: program.declare(lab), lab)
        )

    def managed(self, name: str = "") -> Rendered:
        """A committed stack with managed notebooks, as a run declares it."""
        return self.committed(name, "managed")

    def variant(
        self,
        name: str = "",
        *,
        lab: Mapping[str, Any] | None = None,
        kind: str = "vm",
        switches: Mapping[str, Any] | None = None,
        said: Answers | None = None,
        preview: bool = False,
        recorded: Mapping[str, Mapping[str, Any]] | None = None,
        **changes: Any,
    ) -> Rendered:
        """A committed stack with other arguments; `lab` changes those that all roles share,
        `switches` what only its cloud has."""

        def make() -> Rendered:
            args = _changed(self.asked(name, kind), lab or {}, changes)
            where = self.cloud(name, kind=kind, **(switches or {}))
            declare = _declare(args, where)
            return self.render(
                declare, self.loaded(name), said=said, preview=preview, recorded=recorded
            )

        if said is not None:
            return make()
        return self._once(repr((name, lab, kind, switches, preview, recorded, changes)), make)

    def _once(self, key: str, make: Callable[[], Rendered]) -> Rendered:
        if key not in self._rendered:
            self._rendered[key] = make()
        return self._rendered[key]

    def render(
        self,
        declare: Callable[[], object],
        lab: Lab | None = None,
        said: Answers | None = None,
        **more: Any,
    ) -> Rendered:
        """What a program declares on an account that makes whatever it is asked for."""
        lab = lab or self.loaded()
        said = self.answers(lab.region) if said is None else said
        return render(declare, said, stack_name=lab.stack, account=self.account, **more)

    def rebuilt(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
        """What is replaced, whatever the cloud could change, when a course with some arguments
        gets others."""
        programs = []
        for changes in (before, after):
            switches, rest = self._sorted(changes)
            programs.append(_declare(_changed(self.asked(), {}, rest), self.cloud(**switches)))
        lab = self.loaded()
        said = self.answers(lab.region)
        return replaced(*programs, said, stack_name=lab.stack, account=self.account)

    def alone(
        self,
        role: str,
        kind: type[Any],
        *,
        lab: Mapping[str, Any] | None = None,
        said: Answers | None = None,
        told: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Rendered:
        """A role of the course with nothing but the network, which takes a tenth of the time.

        Args:
            kind: the class of its arguments. told: keywords of the role itself.
        """
        switches, rest = self._sorted(changes)
        whole = _changed(self.asked(), lab or {}, rest)
        given = {
            each.name: getattr(whole, each.name) for each in fields(kind) if each.name != "network"
        }
        where = self.cloud(**switches)

        def declare() -> None:
            args = kind(network=self.network(whole), **given)
            name = f"{whole.lab.name}-{role}"
            getattr(where, role)(name, args, pulumi.ResourceOptions(), **(told or {}))

        return self.render(declare, said=said)

    def _sorted(self, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The cloud's own switches, and all others."""
        own = type(getattr(self.loaded(), self.name)).model_fields
        switches = {key: value for key, value in changes.items() if key in own}
        return switches, {key: value for key, value in changes.items() if key not in own}

    def refusal(self, make: Callable[..., Rendered], **changes: Any) -> str:
        """Why a variant is refused."""
        with pytest.raises(RunFailed) as caught:
            make(**changes)
        place, _, reason = str(caught.value).partition(f": {Unsupported.__name__}: ")
        assert place.startswith(f"components/{self.name}/")
        return reason


def _declare(args: EnvironmentArgs, where: Cloud) -> Callable[[], object]:
    return lambda: Environment(args.lab.name, args, where)


def _changed(
    args: EnvironmentArgs, lab: Mapping[str, Any], changes: Mapping[str, Any]
) -> EnvironmentArgs:
    return replace(args, lab=replace(args.lab, **lab), **changes)
