"""`mllab connect`, with an `aws` that notes what it is asked for.

Not proven: that Session Manager connects; only what is run, and with which signals and codes.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from components.seats import address, command, tunnel
from mllab.clock import SimulatedClock
from mllab.errors import Interrupted, LabError, UsageError
from mllab.lifecycle import connect, local_port
from mllab.session import opening
from mllab.session.realm import SimulatedRealm
from mllab.settings import files
from tests.pulumi.aws_cli import ONE, SEAT, TWO, Aws, typed

PRICE = "0.53 USD an hour, {}".format


def run(
    outputs: Mapping[str, Any] = ONE, seat: str | None = None, **more: Any
) -> tuple[int, list[str]]:
    said: list[str] = []
    how = {"say": said.append, "pause": pytest.fail, **more}
    code = connect.run(outputs, "course", seat, **how)
    return code, said


def test_the_commands_of_a_real_lab_arrive_as_they_are_meant(
    root: Path, tmp_path: Path, aws: Aws
) -> None:
    path = files.find(root, "aws-tiny")
    lab, config = files.load(path), files.config(path)
    clock = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
    session = opening.on_simulated_cloud(root, "aws-tiny", lab, config, clock, tmp_path / "home")
    session.engine.up()
    outputs = session.engine.outputs()
    (seat,) = outputs["notebook"]["seats"].values()
    code, said = run(outputs)
    assert code == 0
    assert aws.asked == [
        [
            *("ssm", "start-session", "--region", "us-east-1", "--target", seat["id"]),
            *("--document-name", "AWS-StartPortForwardingSession", "--parameters"),
            '{"portNumber":["8888"],"localPortNumber":["8888"]}',
        ]
    ]
    assert said[-1].strip() == shlex.join(map(local_port.put, seat["token"]["argv"]))


def test_what_to_do_next_is_said_first(aws: Aws) -> None:
    aws.does("exit 3")
    code, said = run()
    assert code == 3, "the command's own code is handed through"
    assert said[0] == "Connecting to course, seat main. Ctrl-C ends it."
    assert "in another terminal" in said[1]
    assert said[2].strip() == typed("token")


def test_a_machine_that_does_not_answer_may_be_stopped(aws: Aws) -> None:
    aws.does("exit 254")
    said = run()[1][-1]
    assert typed("start") in said
    assert "mllab connect course main --start" in said
    aws.does("")
    assert "start" not in "".join(run()[1]).replace("start-session", "")


def test_a_profile_of_the_settings_counts(aws: Aws) -> None:
    _, said = run(config={"aws:region": "x", "aws:profile": "the course"})
    assert aws.asked[0][-2:] == ["--profile", "the course"]
    assert said[2].endswith("--profile 'the course'")


def test_of_several_seats_one_must_be_named(aws: Aws) -> None:
    with pytest.raises(UsageError) as caught:
        run(TWO)
    assert caught.value.message == "course has 2 seats, so name one of them: ana, ben"
    assert aws.asked == []
    assert run(TWO, "ben")[0] == 0
    assert len(aws.asked) == 1


@pytest.mark.parametrize(("name", "meant"), [("anna", "; did you mean ana?"), ("", ""), ("zz", "")])
def test_an_unknown_seat_names_those_there_are(aws: Aws, name: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        run(TWO, name)
    assert caught.value.message == f"course has no seat {name!r}{meant}"
    assert caught.value.hint == "Its seats: ana, ben"
    assert aws.asked == []


@pytest.mark.parametrize(
    "outputs",
    [
        {},
        {"notebook": None},
        {"notebook": {}},
        {"notebook": {"seats": {}}},
        {"notebook": {"seats": {"main": {"id": "i-1"}}}},
        {"notebook": {"seats": {"main": {"$unknown": True}}}},
        {"notebook": {"seats": {"main": "x"}}},
    ],
)
def test_a_lab_that_is_not_there_or_half_made(aws: Aws, outputs: dict[str, Any]) -> None:
    with pytest.raises(LabError) as caught:
        run(outputs)
    assert "mllab up course" in caught.value.hint
    assert caught.value.exit_code == 1
    assert aws.asked == []


def test_on_a_simulated_account_nothing_is_run(aws: Aws) -> None:
    code, said = run(remark=SimulatedRealm.remark)
    assert code == 0
    assert aws.asked == []
    assert said[0] == SimulatedRealm.remark
    assert said[1].strip() == typed("connect")
    assert said[-1].strip() == typed("token")


@pytest.mark.parametrize(
    ("gone", "named"),
    [
        (["aws"], ["`aws`"]),
        (["session-manager-plugin"], ["`session-manager-plugin`"]),
        (["aws", "session-manager-plugin"], ["`aws`, `session-manager-plugin`"]),
    ],
)
def test_a_missing_program_is_named_with_its_source(
    aws: Aws, tmp_path: Path, gone: list[str], named: list[str]
) -> None:
    for name in gone:
        (tmp_path / "tools" / name).unlink()
    with pytest.raises(LabError) as caught:
        run(price=PRICE)
    assert named[0] in caught.value.message
    assert caught.value.hint.count("https://docs.aws.amazon.com/") == len(gone)
    assert aws.asked == []
    assert run(remark=SimulatedRealm.remark)[0] == 0


@pytest.mark.parametrize("program", ["az", "gcloud", "ssh", "other"])
def test_programs_of_other_clouds_are_looked_for_as_well(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    outputs = {"notebook": {"seats": {"main": {**SEAT, "connect": tunnel(program, "x")}}}}
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    with pytest.raises(LabError, match=f"`{program}`"):
        run(outputs)


def test_a_machine_is_started_and_tried_until_it_answers(aws: Aws) -> None:
    aws.does('[ "$1" = ec2 ] || [ "$(grep -c start-session "$NOTED")" -ge 3 ]')
    pauses: list[float] = []
    code, said = run(price=PRICE, pause=pauses.append)
    assert code == 0
    assert [words[1] for words in aws.asked] == ["start-instances", *["start-session"] * 3]
    assert pauses == [connect.PAUSE] * 2
    assert said[0].endswith("from now on it costs 0.53 USD an hour, main.")


def test_who_does_not_ask_for_it_starts_nothing_and_tries_once(aws: Aws) -> None:
    aws.does("exit 254")
    assert run()[0] == 254
    assert [words[1] for words in aws.asked] == ["start-session"]


def test_trying_ends(aws: Aws) -> None:
    aws.does('[ "$1" = ec2 ] || exit 254')
    code, said = run(price=PRICE, pause=lambda _: None)
    assert code == 254
    assert len(aws.asked) == 1 + connect.ATTEMPTS
    assert "mllab status course" in said[-1]


def test_a_connection_that_was_there_is_not_made_again(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.does('[ "$1" = ec2 ] || exit 9')
    monkeypatch.setattr(connect, "QUICK", -1.0)
    assert run(price=PRICE)[0] == 9


def test_a_connection_that_was_asked_to_end_is_not_made_again(aws: Aws) -> None:
    aws.does('[ "$1" = ec2 ] && exit; trap "exit 9" TERM; kill -TERM $PPID; while :; do :; done')
    assert run(price=PRICE)[0] == 9


def test_a_machine_that_cannot_be_started_is_not_waited_for(aws: Aws) -> None:
    aws.does("exit 255")
    with pytest.raises(LabError) as caught:
        run(price=PRICE)
    assert "ended with code 255" in caught.value.message
    assert len(aws.asked) == 1


def test_ctrl_c_while_waiting_names_what_was_started(aws: Aws) -> None:
    aws.does('[ "$1" = ec2 ] || exit 254')

    def ctrl_c(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        run(price=PRICE, pause=ctrl_c)
    assert typed("stop") in caught.value.hint


def test_where_a_command_prints_the_address_it_is_all_that_is_run(
    aws: Aws, capfd: pytest.CaptureFixture[str]
) -> None:
    aws.does("echo told $2")
    seat = {**SEAT, "connect": address("aws", "address", "y"), "token": command()}
    code, said = run({"notebook": {"seats": {"main": seat}}})
    assert code == 0
    assert capfd.readouterr().out.split() == ["told", "y"]
    assert said[1:] == ["It prints the address to open."]


OLD = {
    "id": "i-1",
    "connect_command": 'aws ssm start-session --parameters \'{"port": ["8888"]}\'',
    "token_command": "aws ssm start-session --document-name 'a token'",
    "start_command": "aws ec2 start-instances",
    "stop_command": "aws ec2 stop-instances",
}


def test_a_seat_whose_commands_were_recorded_as_texts_is_connected_to(aws: Aws) -> None:
    code, said = run({"notebook": {"seats": {"main": OLD}}}, price=PRICE)
    assert code == 0
    assert aws.asked == [
        ["ec2", "start-instances"],
        ["ssm", "start-session", "--parameters", '{"port": ["8888"]}'],
    ]
    assert said[-1].strip() == OLD["token_command"]


def test_old_texts_say_what_kind_of_way_there_is() -> None:
    same = {**OLD, "token_command": OLD["connect_command"]}
    for old, kind, reason in (
        (OLD, "tunnel", ""),
        (same, "url", ""),
        ({**OLD, "unreachable": "no address"}, "none", "no address"),
    ):
        new = connect.current(old)
        assert new.keys() == SEAT.keys() - {"id"}
        assert new["connect"].keys() == SEAT["connect"].keys()
        assert (new["connect"]["kind"], new["connect"]["reason"]) == (kind, reason)
    assert connect.current(SEAT) == SEAT
