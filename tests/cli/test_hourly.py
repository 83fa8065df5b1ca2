"""What an hour of the machines costs, as `status` and `connect --start` say it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mllab.engines.contract import Op, Status
from mllab.protocol.provider import Change
from tests.cli.conftest import DAY, Run
from tests.cli.scripted import MACHINE, OUTPUTS, Use, entry, step, urn

MACHINE_TYPE = "aws:ec2/instance:Instance"
BOB = urn("lab-notebook-bob", MACHINE_TYPE, "Notebook")
DISK = {"volumeType": "gp3", "volumeSize": 100}


def machine(urn: str, type: str = "g4dn.xlarge") -> dict[str, Any]:
    return entry(urn, inputs={"instanceType": type, "rootBlockDevice": DISK})


def seen(urn: str, state: str, *changes: Change) -> Any:
    op = Op.UPDATE if changes else Op.SAME
    outputs = {"instanceState": state}
    return step(op, urn, status=Status.DONE, outputs=outputs, changes=changes)


def test_status_adds_up_what_runs_and_not_what_is_stopped(run: Run, use: Use) -> None:
    found = [machine(MACHINE), machine(BOB, "g5.xlarge")]
    use(entries=found, exported=OUTPUTS, seen=(seen(MACHINE, "running"), seen(BOB, "stopped")))
    out = run("status", "lab", "--simulate", *DAY).out
    assert (
        "Running now: 1 notebook, 0.53 USD an hour by list prices. "
        "Machines for jobs are not counted. More: mllab cost lab\n" in out
    )
    late = run("status", "lab", "--simulate", "--today", "2027-08-01").out
    assert "0.01 USD an hour by list prices, and 0.53 by prices that are too old." in late
    use(entries=found, exported=OUTPUTS, seen=(seen(MACHINE, "running"), seen(BOB, "running")))
    assert "Running now: 2 notebooks, 1.54 USD an hour" in run("status", "lab", "--simulate").out
    use(entries=found, exported=OUTPUTS, seen=(seen(MACHINE, "stopped"), seen(BOB, "stopped")))
    assert "an hour" not in run("status", "lab", "--simulate", *DAY).out


def test_status_goes_by_what_the_cloud_has(run: Run, use: Use) -> None:
    """Somebody made the machine larger by hand: that is what is billed."""
    larger = Change("instanceType", "update", "g4dn.xlarge", "p4d.24xlarge")
    use(
        entries=[machine(MACHINE)],
        exported=OUTPUTS,
        seen=(seen(MACHINE, "running", larger),),
    )
    out = run("status", "lab", "--simulate", *DAY).out
    assert "Running now: 1 notebook, 21.96 USD an hour" in out


@pytest.mark.parametrize("type", ["g9.large", "p5.4xlarge"])
def test_an_unknown_price_is_said_and_no_zero(run: Run, use: Use, type: str) -> None:
    where: dict[str, Any] = OUTPUTS["lab"]  # type: ignore[assignment]
    elsewhere = OUTPUTS | {"lab": where | {"region": "af-south-1"}}
    use(entries=[machine(MACHINE, type)], exported=elsewhere, seen=(seen(MACHINE, "running"),))
    said = run("status", "lab", "--simulate", *DAY)
    assert f"the price of {type} is not known" in said.out
    told = json.loads(run("status", "lab", "--simulate", "--json", *DAY).out)["an_hour"]
    assert told["running"]["unknown"] == [type]
    assert told["power_unknown"] == {
        "notebooks": 0,
        "usd": "0.00",
        "outdated_usd": "0.00",
        "unknown": ["the machine"],
    }


def test_connect_says_what_the_machine_costs_that_it_starts(run: Run, use: Use) -> None:
    ann = urn("lab-notebook-ann", MACHINE_TYPE, "Notebook")
    use(entries=[machine(ann), machine(BOB, "p4d.24xlarge")], exported=OUTPUTS)
    err = run("connect", "lab", "ann", "--start", "--simulate", *DAY).err
    assert "Its machine, started first, would cost 0.53 USD an hour by list prices.\n" in err
    assert "an hour" not in run("connect", "lab", "ann", "--simulate", *DAY).err
    use(entries=[machine(BOB)], exported=OUTPUTS)
    err = run("connect", "lab", "ann", "--start", "--simulate", *DAY).err
    assert "would cost an unknown amount an hour: the price of the machine is not known." in err
