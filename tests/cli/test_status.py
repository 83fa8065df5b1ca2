"""`status` and `outputs`: what is said of a lab that exists."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from components.seats import command, tunnel
from mllab.engines.contract import Failure, Op, Status
from mllab.errors import LabError
from mllab.protocol.provider import Change
from mllab.simulated.store import Record
from tests.cli.conftest import DAY, Run
from tests.cli.scripted import (
    BUCKET,
    BUCKET_TYPE,
    FILES,
    MACHINE,
    OUTPUTS,
    Account,
    Use,
    entry,
    step,
)

THREE = [entry(BUCKET), entry(FILES), entry(MACHINE)]
FINE = (step(Op.SAME, BUCKET, status=Status.DONE), step(Op.SAME, FILES, status=Status.DONE))


def machine(state: str) -> tuple[object, ...]:
    seen = step(Op.SAME, MACHINE, status=Status.DONE, outputs={"instanceState": state})
    return (*FINE, seen)


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_status_says_whether_machines_run(run: Run, use: Use, state: str) -> None:
    engine = use(entries=list(THREE), seen=machine(state))
    said = run("status", "lab", "--simulate", *DAY)
    assert said.code == 0
    text = " ".join(said.out.split())
    assert f"{state} lab-notebook-ann ec2/Instance" in text
    assert "2 resources as recorded" in text
    assert f"3 resources: 1 {state}." in text
    assert "mllab up" not in text
    assert ("refresh", True) in engine.calls


def test_status_says_that_the_file_is_newer_than_the_lab(run: Run, use: Use) -> None:
    """What is only recorded, as a larger cluster on Google Cloud, is no step of the plan."""
    told = "Its file says more than the last `up` did"
    asked = ("status", "lab", "--simulate", *DAY)
    use(entries=list(THREE), seen=machine("running"))
    assert told not in run(*asked).out
    use(
        entries=list(THREE),
        seen=machine("running"),
        steps=(step(Op.UPDATE, MACHINE), step(Op.SAME, BUCKET)),
        settles=("outputs of the cluster",),
    )
    assert f"{told}: 1 to update, 1 to record." in " ".join(run(*asked).out.split())
    found = json.loads(run(*asked, "--json").out)
    assert (found["to_change"], found["to_record"]) == ({"update": 1}, 1)
    use(entries=list(THREE), seen=machine("running"), settles=("outputs of the cluster",))
    assert f"{told}: 1 to record." in " ".join(run(*asked).out.split())


def test_status_calls_nothing_gone_that_the_account_still_has(
    run: Run, use: Use, account: Account
) -> None:
    use()
    since = datetime(2027, 1, 11, tzinfo=UTC)
    account.records = [Record("aws:s3/bucket:Bucket", "b-1", "us-east-1", since, urn=BUCKET)]
    said = run("status", "lab", "--simulate", *DAY)
    assert said.code == 3
    assert "lab-storage-bucket (s3/Bucket, not recorded, seen in the account)" in said.err
    assert "does not exist" not in said.out + said.err
    assert run("status", "lab", "--simulate", "--json", *DAY).code == 3


def test_status_tells_changed_missing_and_unknown(run: Run, use: Use) -> None:
    change = Change("versioning", "update", True, False)
    use(
        entries=list(THREE),
        seen=(
            step(Op.UPDATE, BUCKET, status=Status.DONE, changes=(change,)),
            step(Op.DELETE, FILES, status=Status.DONE),
            step(Op.REFRESH, MACHINE, status=Status.FAILED, error="denied"),
        ),
        denied=(Failure(MACHINE, "", "", Op.REFRESH, "not allowed to look"),),
    )
    text = " ".join(run("status", "lab", "--simulate", *DAY).out.split())
    assert "changed lab-storage-bucket s3/Bucket versioning: true -> false" in text
    assert "missing lab-storage-files" in text
    assert "unknown lab-notebook-ann ec2/Instance not allowed to look" in text
    assert "1 changed, 1 missing, 1 unknown" in text
    assert "mllab up lab --simulate" in text


def test_what_was_not_looked_at_is_unknown_not_fine(run: Run, use: Use) -> None:
    use(entries=list(THREE), seen=FINE)
    assert "1 unknown" in run("status", "lab", "--simulate", *DAY).out


def test_a_lab_of_which_something_was_never_created_is_not_called_healthy(
    run: Run, use: Use
) -> None:
    use(entries=THREE[:2], seen=FINE, steps=(step(Op.SAME, BUCKET), step(Op.CREATE, MACHINE)))
    said = run("status", "lab", "--simulate", *DAY)
    assert said.code == 1
    assert "not created lab-notebook-ann ec2/Instance" in " ".join(said.out.split())
    assert "3 resources: 1 not created." in said.out
    assert "1 resource of 3 that it should have is not there" in said.err
    assert "the machines of 1 of 1 seat: lab-notebook-ann" in said.err
    assert "mllab up lab --simulate" in said.err
    told = json.loads(run("status", "lab", "--simulate", "--json", *DAY).out)
    assert told["summary"] == {"not created": 1}


def test_what_was_deleted_by_hand_makes_a_lab_incomplete(run: Run, use: Use) -> None:
    use(entries=list(THREE), seen=(*FINE, step(Op.DELETE, MACHINE, status=Status.DONE)))
    said = run("status", "lab", "--simulate", *DAY)
    assert said.code == 1
    assert "the machines of 1 of 1 seat: lab-notebook-ann" in said.err


def test_a_lab_that_is_over_and_still_there_may_cost_money(run: Run, use: Use) -> None:
    use(entries=list(THREE), seen=machine("running"))
    assert run("status", "lab", "--simulate", "--today", "2027-02-05").code == 0
    said = run("status", "lab", "--simulate", "--today", "2027-02-06")
    assert said.code == 3
    assert "ended on 2027-02-05, and 3 resources of it still exist" in said.err
    assert "mllab down lab --simulate" in said.err
    late = ("status", "lab", "--simulate", "--json", "--today", "2027-02-06")
    assert json.loads(run(*late).out)["ended"] == "2027-02-05"


def test_a_file_that_says_more_than_the_last_up_did(run: Run, use: Use) -> None:
    use(entries=list(THREE), seen=machine("running"), steps=(step(Op.UPDATE, BUCKET),))
    said = run("status", "lab", "--simulate", *DAY)
    assert said.code == 0
    assert "1 to update" in said.out
    assert "mllab preview lab --simulate" in said.out


def test_a_file_that_cannot_be_planned_is_not_called_fine(
    run: Run, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = use(entries=list(THREE), seen=machine("running"))

    def refuses(*_: object, **__: object) -> None:
        raise LabError("no such image")

    monkeypatch.setattr(engine, "preview", refuses)
    said = run("status", "lab", "--simulate", *DAY)
    assert "could not be told: no such image" in said.out


def test_status_json(run: Run, use: Use) -> None:
    use(entries=list(THREE), seen=machine("stopped"))
    told = json.loads(run("status", "lab", "--simulate", "--json", *DAY).out)
    assert told["exists"] is True
    assert told["summary"] == {"stopped": 1}
    assert {one["name"]: (one["state"], one["machine"]) for one in told["resources"]} == {
        "lab-storage-bucket": ("as recorded", ""),
        "lab-storage-files": ("as recorded", ""),
        "lab-notebook-ann": ("as recorded", "stopped"),
    }


def test_a_lab_that_does_not_exist(run: Run, use: Use) -> None:
    engine = use()
    for verb in ("status", "outputs"):
        said = run(verb, "lab", "--simulate")
        assert said.code == 0
        assert "does not exist" in said.out
        assert "mllab up lab --simulate" in said.out
    assert not engine.did("refresh")
    assert json.loads(run("status", "lab", "--simulate", "--json", *DAY).out)["exists"] is False
    assert json.loads(run("outputs", "lab", "--simulate", "--json").out) == {}


def test_outputs_can_be_copied_whole(run: Run, use: Use) -> None:
    words = ["aws", "ssm", "start session", "x" * 200, "{port}"]
    seats = {"ann": {"connect": tunnel(*words), "start": command(*words), "token": command()}}
    use(entries=list(THREE), exported={"notebook": {"seats": seats}, "budget": {"limit_usd": 5.0}})
    said = run("outputs", "lab", "--simulate")
    assert said.code == 0
    typed = f"aws ssm 'start session' {'x' * 200} 8888"
    shown = said.out.split("    ann\n")[1].split("budget\n")[0]
    assert shown == (
        f"      connect\n        kind: tunnel\n        command: {typed}\n"
        f"      start: {typed}\n      token: none\n"
    )
    assert "  limit_usd: 5.0" in said.out.splitlines()


def test_outputs_json_is_the_document_alone(run: Run, use: Use) -> None:
    use(entries=list(THREE), exported=OUTPUTS)
    assert json.loads(run("outputs", "lab", "--simulate", "--json").out) == OUTPUTS


def test_secrets_are_masked(run: Run, use: Use) -> None:
    sealed = {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "ciphertext": "hidden",
    }
    use(entries=list(THREE), exported={"registry": {"token": sealed, "list": [sealed]}})
    said = run("outputs", "lab", "--simulate", "--json")
    assert json.loads(said.out) == {
        "registry": {"token": {"$secret": True}, "list": [{"$secret": True}]}
    }
    plain = run("outputs", "lab", "--simulate")
    assert "token: [secret]" in plain.out
    assert "hidden" not in said.out + plain.out


def test_providers_and_components_are_no_things_in_the_cloud(run: Run, use: Use) -> None:
    provider = "urn:pulumi:lab::mllab::pulumi:providers:aws::default"
    component = BUCKET.replace(f"${BUCKET_TYPE}", "")
    others = [entry(provider), entry(component, custom=False)]
    use(entries=[*THREE, *others], seen=machine("running"))
    told = json.loads(run("status", "lab", "--simulate", "--json", *DAY).out)
    assert len(told["resources"]) == 3


def test_connect_to_nothing_names_the_way_back_to_the_same_cloud(run: Run, use: Use) -> None:
    use()
    said = run("connect", "lab", "--simulate")
    assert said.code == 1
    assert "mllab up lab --simulate" in said.err
