"""An engine that does what a test tells it, and a folder with labs to run it on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from components.seats import command, tunnel
from mllab.accounts.contract import Offer, Placement
from mllab.engines.contract import (
    Failure,
    Holding,
    OnStep,
    Op,
    Outcome,
    Plan,
    Status,
    Step,
    ignore,
)

LAB = """\
config:
  aws:region: us-east-1
  mllab:lab: {cloud: aws, owner: a@example.edu, starts: "2027-01-11", ends: "2027-02-05"}
  mllab:storage: {keep: true}
  mllab:budget: {limit_usd: 100}
"""


def urn(name: str, type: str, role: str = "Storage") -> str:
    return f"urn:pulumi:lab::mllab::mllab:aws:Environment$mllab:aws:{role}${type}::{name}"


BUCKET_TYPE = "aws:s3/bucket:Bucket"
BUCKET = urn("lab-storage-bucket", BUCKET_TYPE)
FILES_TYPE = "aws:efs/fileSystem:FileSystem"
FILES = urn("lab-storage-files", FILES_TYPE)
MACHINE_TYPE = "aws:ec2/instance:Instance"
MACHINE = urn("lab-notebook-ann", MACHINE_TYPE, "Notebook")

OUTPUTS = {
    "notebook": {
        "seats": {
            "ann": {
                "id": "i-1",
                "connect": tunnel("aws", "ssm", "start-session", "--x"),
                **{name: command("aws", name) for name in ("token", "start", "stop")},
            }
        }
    },
    "cluster": {
        "submit": {"kind": "aws-batch", **command("aws", "batch", "submit-job", "--y"), "stdin": ""}
    },
    "lab": {"name": "lab", "cloud": "aws", "region": "us-east-1", "stack": "lab", "ends": None},
}


def step(op: Op, urn: str, **more: Any) -> Step:
    *_, chain, name = urn.split("::")
    given: dict[str, Any] = {"reason": "new", "source": "components/aws/storage.py:31", **more}
    return Step(op=op, urn=urn, type=chain.split("$")[-1], name=name, **given)


def entry(urn: str, **more: Any) -> dict[str, Any]:
    """A resource of the state."""
    type_ = urn.split("::")[2].split("$")[-1]
    return {"urn": urn, "type": type_, "custom": True, "inputs": {}, "outputs": {}, **more}


def holding(urn: str, amount: str | None, what: str = "objects in the bucket") -> Holding:
    return Holding(urn, urn.split("::")[2].split("$")[-1], urn.rpartition("::")[2], what, amount)


@dataclass
class Scripted:
    """The `Engine` contract, answered from fields. `calls`: what was asked, in order.

    Args:
        steps: of the plan; up and destroy report them as done unless `failures` names their urn.
        interrupt: raise KeyboardInterrupt in the middle of up and destroy.
        begun: resources whose creation was interrupted.
        stays: urns that destroy leaves in the state.
        declared: outputs that the program gives, where they are not those that are recorded.
        settles: what a run would only record.
        seen, denied: what a refresh finds, and what it could not look at.
    """

    steps: tuple[Step, ...] = ()
    entries: list[dict[str, Any]] = field(default_factory=list)
    begun: list[dict[str, Any]] = field(default_factory=list)
    held: tuple[Holding, ...] = ()
    failures: tuple[Failure, ...] = ()
    exported: Mapping[str, Any] = field(default_factory=dict)
    declared: Mapping[str, Any] | None = None
    interrupt: bool = False
    stays: frozenset[str] = frozenset()
    settles: tuple[str, ...] = ()
    seen: tuple[Step, ...] = ()
    denied: tuple[Failure, ...] = ()
    calls: list[tuple[str, Any]] = field(default_factory=list)
    rebuilt: list[frozenset[str]] = field(default_factory=list)
    name: str = "scripted"

    def preview(
        self,
        on_step: OnStep = ignore,
        *,
        release: frozenset[str] = frozenset(),
        rebuild: frozenset[str] = frozenset(),
    ) -> Plan:
        self.calls.append(("preview", release))
        self.rebuilt.append(rebuild)
        outputs = self.exported if self.declared is None else self.declared
        return Plan("lab", self.name, self.steps, outputs=outputs, settles=self.settles)

    def up(
        self,
        on_step: OnStep = ignore,
        *,
        release: frozenset[str] = frozenset(),
        rebuild: frozenset[str] = frozenset(),
    ) -> Outcome:
        self.calls.append(("up", release))
        self.rebuilt.append(rebuild)
        return self._run(on_step, self.steps)

    def destroy(
        self, on_step: OnStep = ignore, *, release: frozenset[str] = frozenset()
    ) -> Outcome:
        self.calls.append(("destroy", release))
        self.begun = []
        goes = [e["urn"] for e in self.entries if e["urn"] not in self.stays]
        self.entries = [e for e in self.entries if e["urn"] in self.stays]
        return self._run(on_step, tuple(step(Op.DELETE, one) for one in goes))

    def refresh(self, on_step: OnStep = ignore, *, dry: bool = False) -> Outcome:
        self.calls.append(("refresh", dry))
        return Outcome("lab", self.name, self.seen, self.denied)

    def outputs(self) -> Mapping[str, Any]:
        return self.exported

    def state(self) -> Mapping[str, Any]:
        stack = entry("urn:pulumi:lab::mllab::pulumi:pulumi:Stack::mllab-lab", custom=False)
        resources = [{**stack, "outputs": dict(self.exported)}, *self.entries]
        deployment: dict[str, Any] = {"resources": resources if self.entries else []}
        if self.begun:
            operations = [{"type": "creating", "resource": one} for one in self.begun]
            deployment["pending_operations"] = operations
        return {"version": 3, "deployment": deployment}

    def export(self, *, clear: bool = False) -> Mapping[str, Any]:
        self.calls.append(("export", clear))
        return self.state()

    def forget(self) -> None:
        """Nothing is kept."""

    def holdings(self) -> tuple[Holding, ...]:
        return self.held

    def did(self, verb: str) -> bool:
        return any(call == verb for call, _ in self.calls)

    def _run(self, on_step: OnStep, steps: tuple[Step, ...]) -> Outcome:
        failed = {failure.urn for failure in self.failures}
        done = []
        for one in steps:
            on_step(replace(one, status=Status.STARTED))
            if self.interrupt:
                raise KeyboardInterrupt
            status = Status.FAILED if one.urn in failed else Status.DONE
            done.append(replace(one, status=status))
            on_step(done[-1])
        return Outcome("lab", self.name, tuple(done), self.failures, self.exported, seconds=250.0)


@dataclass
class Account:
    """The simulated account as the command line sees it: its inventory and its quotas."""

    records: list[Any] = field(default_factory=list)
    quotas: dict[str, float] = field(default_factory=lambda: {"L-DB2E81BA": 0.0})

    def inventory(self) -> list[Any]:
        return self.records

    by_hand = ()

    def missing(self) -> list[str]:
        return []

    def quota(self, code: str) -> float:
        return self.quotas[code]

    def used(self, region: str, going: Collection[str]) -> Mapping[str, float]:
        return {}

    def offer(self, wanted: Placement) -> Offer:
        return Offer(there=True)

    def grant(self, code: str, value: float) -> None:
        self.quotas[code] = value


def make_project(folder: Path, labs: Mapping[str, str]) -> Path:
    """A project with stack files."""
    (folder / "stacks").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: mllab\nruntime: python\nstackConfigDir: stacks\n")
    for name, text in labs.items():
        (folder / "stacks" / f"Pulumi.{name}.yaml").write_text(text)
    return folder


Use = Callable[..., Scripted]
"""Makes the engine that the next commands get."""


NEW = (step(Op.CREATE, BUCKET), step(Op.CREATE, MACHINE, source="components/aws/notebook.py:105"))
LOSING = (step(Op.DELETE, BUCKET, loses="objects in the bucket", reason="no longer declared"),)
FAILED = Failure(
    MACHINE,
    MACHINE_TYPE,
    "lab-notebook-ann",
    Op.CREATE,
    "limit of 0 allows none",
    code="VcpuLimitExceeded",
    hint="ask for quota L-DB2E81BA",
    source="components/aws/notebook.py:105",
)


def words(text: str) -> str:
    """Text without its layout."""
    return " ".join(text.split())
