"""Runs the declaration of a lab through the embedded engine and hands back what it declared.

The cloud behind it is the simplest that can be: whatever it is asked for can be made, computed
values are made up from the name, and look-ups are answered from `Answers` alone. So this shows what
we ask for, not whether AWS would accept it; the tests of the simulated AWS ask that.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mllab.clock import SimulatedClock
from mllab.engines.contract import Op, Plan, Resource, StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.protocol.provider import Call, Checked, Difference, Found, Made, Properties, Provider

ACCOUNT = "123456789012"
STACK = "pulumi:pulumi:Stack"
SECRET = {"$secret": True}
UNKNOWN = {"$unknown": True}

Answers = Mapping[str, Callable[[Properties], Properties]]
"""Token of a look-up -> what it returns for its arguments."""


@dataclass(frozen=True)
class Rendered:
    """What a program declared, by URN and in order.

    Args:
        registered: outputs that components registered, by type.
        invokes: look-ups, each once, with their arguments.
    """

    plan: Plan
    registered: Mapping[str, Mapping[str, Any]]
    invokes: tuple[tuple[str, Properties], ...]
    resources: Mapping[str, Resource] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "resources", {each.urn: each for each in self.plan.resources})

    @property
    def outputs(self) -> Mapping[str, Any]:
        return self.plan.outputs

    def custom(self) -> list[Resource]:
        return [each for each in self.resources.values() if each.custom]

    def of(self, kind: str) -> list[Resource]:
        """All of one type, `ec2/subnet:Subnet`, without the cloud's package."""
        return [each for each in self.custom() if each.type.partition(":")[2] == kind]

    def one(self, kind: str, name: str | None = None) -> Resource:
        """The only one of a type, or the one of that name."""
        found = [each for each in self.of(kind) if name in (None, each.name)]
        assert len(found) == 1, f"{kind} {name or ''}: {[each.name for each in found]}"
        return found[0]

    def ancestors(self, resource: Resource) -> list[str]:
        """Names of what is above, without the stack."""
        above = self.resources[resource.parent]
        return [] if above.type == STACK else [above.name, *self.ancestors(above)]


def render(
    program: Callable[[], object],
    answers: Answers,
    *,
    stack_name: str,
    configuration: Mapping[str, str] | None = None,
    preview: bool = False,
    recorded: Mapping[str, Mapping[str, Any]] | None = None,
    account: type[Agreeable] | None = None,
) -> Rendered:
    """What a lab asks for once it exists, and so with everything known.

    Args:
        account: the cloud's stand-in; by default AWS's.
        preview: what it asks for before the first `up`, when all that AWS computes is unknown.
        recorded: outputs by logical name that differ from the inputs, as after an ignored change.
    """
    cloud = (account or Agreeable)(answers, recorded or {})
    with tempfile.TemporaryDirectory() as home:
        engine = _engine(program, cloud, Path(home), stack_name, configuration or {})
        if not preview:
            engine.up()
            cloud.invokes.clear()
        plan = engine.preview()
        recorded_now = engine.state()["deployment"].get("resources", [])
    registered = {
        each["type"]: each.get("outputs", {}) for each in recorded_now if not each["custom"]
    }
    return Rendered(plan, registered, tuple(cloud.invokes))


def replaced(
    before: Callable[[], object],
    after: Callable[[], object],
    answers: Answers,
    *,
    stack_name: str,
    account: type[Agreeable] | None = None,
) -> list[str]:
    """Names of the resources that are replaced whatever AWS could change in place."""
    cloud = (account or Agreeable)(answers, {})
    with tempfile.TemporaryDirectory() as home:
        _engine(before, cloud, Path(home), stack_name, {}).up()
        plan = _engine(after, cloud, Path(home), stack_name, {}).preview()
    return [step.name for step in plan.steps if step.op is Op.REPLACE]


def _engine(
    program: Callable[[], object],
    cloud: Provider,
    home: Path,
    stack_name: str,
    configuration: Mapping[str, str],
) -> EmbeddedEngine:
    root = Path(__file__).parent.parent.parent
    target = StackTarget("mllab", stack_name, cloud.package, configuration, program, root)
    clock = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
    return EmbeddedEngine(target, {cloud.package: cloud}, home, clock)


class Agreeable:
    """A cloud that makes whatever it is asked for and computes as little as anything reads.

    Here it is AWS; another cloud has its own `package`, `version`, `id` and `computed`.
    """

    package = "aws"
    version = "7.51.1"
    blocking = False

    def __init__(self, answers: Answers, recorded: Mapping[str, Mapping[str, Any]]) -> None:
        self._answers, self._recorded = answers, recorded
        self.invokes: list[tuple[str, Properties]] = []

    def configured(self, config: Mapping[str, Any]) -> Agreeable:
        return self

    def check(self, call: Call, olds: Properties | None, news: Properties) -> Checked:
        return Checked(news)

    def diff(
        self, call: Call, id: str, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Difference:
        return Difference()

    def create(self, call: Call, inputs: Properties) -> Made:
        if call.preview:
            return Made("", dict(inputs))
        outputs = {**self.computed(call, inputs), **inputs, **self._recorded.get(call.name, {})}
        return Made(self.id(call, inputs), outputs)

    def id(self, call: Call, inputs: Properties) -> str:
        """What the cloud calls a resource."""
        return f"{call.name}-id"

    def computed(self, call: Call, inputs: Properties) -> Properties:
        """Outputs that are no inputs."""
        return {
            "arn": f"arn:aws:test::{ACCOUNT}:{call.name}",
            "name": f"{call.name}-0abc123",
            "bucket": f"{call.name}-0abc123",
            "owner": ACCOUNT,
            "ownerId": ACCOUNT,
            "latestVersion": 1,
            "uniqueId": f"AROA-{call.name}",
            "repositoryUrl": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{call.name}-0abc123",
        }

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        return Found(id, outputs, outputs)

    def update(self, call: Call, id: str, old_outputs: Properties, news: Properties) -> Made:
        raise AssertionError(f"{call.name} changes although nothing did")

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        return 0.0

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Properties:
        self.invokes.append((token, args))
        return self._answers[token](args)

    def find(self, call: Call, inputs: Properties, known: Collection[str]) -> str | None:
        return None

    def contents(self, call: Call, id: str, outputs: Properties) -> str | None:
        return None
