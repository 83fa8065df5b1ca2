"""What a scenario file may say. A key that is not listed here is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator
from ruamel.yaml import YAML

CASES = Path(__file__).parent / "cases"


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Declared(_Data):
    """One statement of the program.

    Args:
        type: `Thing`, `Group` (a component), `Provider`; `invoke` is another statement.
        repeat: declares it so many times; `{i}` in the name and in texts is the number, `{before}`
            the number before (an input that names thing -1 is left out).
        raises: the program stops here with this error.
    """

    name: str = ""
    type: Literal["Thing", "Group", "Provider"] = "Thing"
    inputs: dict[str, Any] = {}
    options: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    invoke: str = ""
    form: Literal["plain", "output"] = "plain"
    repeat: int = 1
    raises: str = ""


class Fault(_Data):
    on: Literal["check", "diff", "create", "read", "update", "delete", "invoke", "find"]
    name: str
    do: Literal["refuse", "lose", "unhealthy", "kill", "kill-after", "meanwhile"]
    message: str = "the cloud said no"


class Expected(_Data):
    """What is seen after a stage; what is left out is not looked at.

    Args:
        why: the reason why one engine differs from the other.
        steps: `operation name` of every finished step but the stack and default providers, in any
            order. In a run a replacement is its two halves; in a preview it is one step.
        counts: finished steps per operation, where there are too many to list.
        skipped: steps that were not begun because something that they need failed.
        order: chains of steps; the left one ends before the right one begins.
        changes: per step `kind path`, with ` (replaces)` where it does.
        failures: resource to a part of its message; all of them.
        raises: a part of the error that ends the whole run.
        outputs: the stack's outputs; `*` in a text stands for anything.
        cloud: what exists there, by logical name; a list where one name has several.
        state: what it holds, in any order; ` (to delete)` marks the remains of a replacement.
        resources: some properties of a resource in the state, by dotted path.
        pending: `operation name` of interrupted operations in the state.
        warnings: a part of each warning; all of them.
        others: a part of the error of the run that was tried meanwhile.
        hidden: texts that stand nowhere but in the cloud, beside the program's secrets.
    """

    why: str = ""
    steps: list[str] | None = None
    counts: dict[str, int] | None = None
    skipped: list[str] | None = None
    order: list[list[str]] = []
    changes: dict[str, list[str]] | None = None
    failures: dict[str, str] | None = {}
    raises: str = ""
    outputs: dict[str, Any] | None = None
    cloud: dict[str, Any] | None = None
    state: list[str] | None = None
    resources: dict[str, dict[str, Any]] = {}
    pending: list[str] = []
    warnings: list[str] = []
    others: str = ""
    hidden: list[str] = []


class Stage(_Data):
    """One command.

    Args:
        declare, outputs, config: the program; left out, that of the stage before.
        meddle: what a person does in the cloud before: inputs to set by logical name, or `gone`.
        release: names whose protection is lifted. rebuild: names of what is replaced on demand.
        expect: what both engines do; `embedded` and `pulumi` replace single keys of it.
    """

    do: Literal["preview", "up", "refresh", "refresh dry", "destroy"]
    declare: list[Declared] | None = None
    outputs: dict[str, Any] | None = None
    config: dict[str, str] | None = None
    meddle: dict[str, dict[str, Any] | Literal["gone"]] = {}
    faults: list[Fault] = []
    release: list[str] = []
    rebuild: list[str] = []
    expect: Expected = Expected()
    embedded: Expected | None = None
    pulumi: Expected | None = None

    @model_validator(mode="after")
    def _has_reasons(self) -> Self:
        """A reason is due, except for warnings and skips, which each engine tells its own way."""
        for own in (self.embedded, self.pulumi):
            if own and own.model_fields_set - {"warnings", "skipped"} and not own.why:
                raise ValueError(f"a difference without its reason: {own.model_fields_set}")
        return self

    def expected(self, engine: str) -> Expected:
        """The expectation of one engine."""
        own = cast("Expected | None", getattr(self, engine))
        if own is None:
            return self.expect
        return self.expect.model_copy(
            update={key: getattr(own, key) for key in own.model_fields_set}
        )


class Scenario(_Data):
    """A sequence of commands on one stack.

    Args:
        why: what a user would lose if it were otherwise.
        engines: left out, both.
    """

    title: str
    why: str
    stages: list[Stage] = Field(min_length=1)
    engines: list[Literal["embedded", "pulumi"]] = ["embedded", "pulumi"]

    def differences(self) -> list[tuple[int, str, str]]:
        """Number of the stage, engine and reason of each deliberate difference."""
        return [
            (number, engine, own.why)
            for number, stage in enumerate(self.stages, start=1)
            for engine, own in (("embedded", stage.embedded), ("pulumi", stage.pulumi))
            if own is not None and own.why
        ]


def load(path: Path) -> Scenario:
    """Read one file."""
    return Scenario.model_validate(YAML(typ="safe").load(path))


def names() -> list[str]:
    """All scenarios, by file name without its ending."""
    return sorted(path.stem for path in CASES.glob("*.yaml"))
