"""`--rebuild SEAT` as it is typed: what is asked, shown, refused and done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mllab.engines.contract import Op, Plan
from mllab.errors import UsageError
from mllab.lifecycle import impossible
from mllab.protocol.provider import Call, Change, Made, Properties, ProviderFailure
from mllab.settings import files
from mllab.show import console
from mllab.show.observer import ConsoleObserver
from mllab.simulated.aws.cloud import SimulatedAws
from tests.cli.conftest import DAY, Run
from tests.cli.scripted import entry, step

LAB = ("lab", "--simulate", *DAY)


def test_a_seat_is_made_anew_after_a_plan_that_says_what_that_means(run: Run) -> None:
    assert run("up", *LAB, "--yes", "--grant", "L-DB2E81BA=8").code == 0
    seen = run("preview", *LAB, "--rebuild", "shared")
    assert seen.code == 0, seen.err
    words = " ".join(seen.out.split())
    assert "asked for by --rebuild" in words
    assert "is made anew (system disk lost, home stays" in words
    assert "loses data" not in words
    found = json.loads(run("preview", *LAB, "--rebuild", "shared", "--json").out)["resources"]
    anew = {one["name"] for one in found if one["op"] == "replace"}
    assert anew == {"lab-notebook-shared", "lab-notebook-shared-home-attachment"}
    done = run("up", *LAB, "--rebuild", "shared", "--yes")
    assert done.code == 0, done.err
    assert "nothing to do" in run("preview", *LAB).out


def test_a_seat_that_is_not_there_is_refused_before_anything_is_planned(run: Run) -> None:
    for verb in ("preview", "up"):
        said = run(verb, *LAB, "--rebuild", "y", *(["--yes"] if verb == "up" else []))
        assert said.code == 2
        assert "--rebuild y: lab has no such seat" in said.err
        assert "Seats: shared" in said.err


def test_a_failure_names_whose_machine_is_still_the_old_one(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One seat gets its new machine, for the other there is none left."""
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text() + "  mllab:notebook: {seats: [ann, bob], size: cpu-small}\n")
    assert run("up", *LAB, "--yes").code == 0
    monkeypatch.setattr(SimulatedAws, "create", _out_of_machines(SimulatedAws.create))
    said = run("up", *LAB, "--yes", "--rebuild", "ann", "--rebuild", "bob")
    assert said.code == 3
    assert "mllab up lab --simulate --rebuild bob" in " ".join(said.err.split())
    assert "--rebuild ann" not in said.err


def _out_of_machines(create: Callable[..., Made]) -> Callable[..., Made]:
    def refuse(self: SimulatedAws, call: Call, inputs: Properties) -> Made:
        if call.name == "lab-notebook-bob" and not call.preview:
            raise ProviderFailure("no machine left")
        return create(self, call, inputs)

    return refuse


def test_where_another_machine_must_stop_first_the_seats_are_named_again(root: Path) -> None:
    type = "azure-native:compute:VirtualMachine"
    lab = files.load(files.find(root, "azure-lab"))
    chain = f"mllab:azure:Environment$mllab:azure:Notebook${type}"
    prefix = f"urn:pulumi:azure-lab::mllab::{chain}::azure-lab-notebook-"
    machines = [f"{prefix}{seat}" for seat in lab.notebook.seats]
    resources = [entry(urn, id=f"/{urn[-4:]}") for urn in machines]
    session: Any = SimpleNamespace(
        declared=lab,
        engine=SimpleNamespace(state=lambda: {"deployment": {"resources": resources}}),
        realm=SimpleNamespace(allocated=lambda id: True),
        command=lambda verb, more="": f"mllab {verb} azure-lab{more}",
    )
    larger = Change("storageProfile.osDisk.diskSizeGB", "update", 150, 200)
    steps = (step(Op.REPLACE, machines[0]), step(Op.UPDATE, machines[1], changes=(larger,)))
    plan = Plan("azure-lab", "pulumi", steps, rebuild=frozenset(machines[:1]))
    with pytest.raises(UsageError) as caught:
        impossible.refuse(session, plan, ConsoleObserver(console.stderr()))
    assert f"az vm deallocate --ids /{machines[1][-4:]}" in caught.value.message
    assert caught.value.hint.endswith(f"mllab up azure-lab --rebuild {lab.notebook.seats[0]}")
