"""What the engine says when something outside the lab is wrong, and what a person is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mllab.engines.contract import Failure, Op
from mllab.engines.pulumi.known_errors import TROUBLES, WIDTH, remedy, shared, taken_apart, told

# Words of the engine, its AWS provider and the AWS SDK, each as it was printed.
SAID = {
    "error: failed to decrypt: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE to the "
    "correct passphrase": "passphrase does not fit",
    "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE "
    "environment variables": "passphrase does not fit",
    "error: failed to load checkpoint: unexpected end of JSON input": "cannot be read",
    "error: could not write checkpoint: write /x/y.json: no space left on device": "disk is full",
    "operation error EC2: RunInstances, https response error StatusCode: 400, api error "
    "ExpiredToken: The security token included in the request is expired": "ended in the middle",
    "error: rpc error: code = Unknown desc = unable to validate AWS credentials.": "no valid AWS",
    "error: No valid credential sources found.": "no valid AWS",
    "error: no resource plugin 'pulumi-resource-aws' found in the workspace at version v7.51.1 or "
    "on your $PATH": "plugin aws v7.51.1 is not installed",
    "error: failed to download plugin: aws-7.51.1: dial tcp: lookup api.github.com: no such host": (
        "plugin aws v7.51.1 is not installed"
    ),
    "Could not automatically download and install resource plugin 'pulumi-resource-gcp' at version "
    "v10.2.0, install the plugin": "plugin gcp v10.2.0 is not installed",
    "error downloading provider aws to file: 404": "plugin aws is not installed",
    "1) open /x/.pulumi/locks/a.json.tmp: permission denied": "course cannot be written",
    "error: open /x/.pulumi/stacks/y.json: read-only file system": "course cannot be written",
    "error: dial tcp: lookup sts.us-east-1.amazonaws.com: no such host": "network does not answer",
}


@pytest.mark.parametrize("said", SAID, ids=range(len(SAID)))
def test_a_known_trouble_has_its_cause_and_a_command(said: str) -> None:
    error = told(f"Updating (course):\n\n{said}\n", "course", "up")
    assert error is not None
    assert SAID[said] in error.message
    assert said[:60] in error.message, "the engine's own words stay"
    assert "{" not in error.message.replace(said, "") + error.cure, "nothing left to fill in"
    assert error.cure
    assert "mllab destroy" not in error.cure


@pytest.mark.parametrize(
    ("verb", "ours"), [("up", "up"), ("destroy", "down"), ("refresh", "up"), ("look", "status")]
)
def test_the_next_command_is_one_of_ours(verb: str, ours: str) -> None:
    error = told("api error ExpiredToken: The security token", "course", verb)
    assert error is not None
    assert f"mllab {ours} course" in error.cure


def test_the_telling_part_of_a_long_line_stays() -> None:
    said = f"x\n{'a' * 500} no resource plugin 'pulumi-resource-aws' {'b' * 500}\ny"
    error = told(said, "course", "up")
    assert error is not None
    shown = error.message.splitlines()[1]
    assert "no resource plugin 'pulumi-resource-aws'" in shown
    assert len(shown) < WIDTH + 30
    assert shown.endswith("...")


def test_a_state_in_a_folder_is_put_back_from_beside_it(tmp_path: Path) -> None:
    state = tmp_path / "a lab's" / "course.json"
    state.parent.mkdir()
    state.write_text("damaged")
    Path(f"{state}.bak").write_text("good")
    error = told("error: failed to load checkpoint: x", "course", "up", state)
    assert error is not None
    (copy,) = [line for line in error.cure.splitlines() if line.startswith("  cp ")]
    subprocess.run(copy, shell=True, check=True)
    assert state.read_text() == "good"


def failure(message: str, code: str = "") -> Failure:
    return Failure("urn", "aws:x/y:Z", "z", Op.CREATE, message, code=code)


def test_one_trouble_behind_all_failures_is_told_once() -> None:
    expired = failure("The security token is expired", "ExpiredToken")
    error = shared([expired, expired], "course", "look")
    assert error is not None
    assert "credentials ended" in error.message
    assert shared([expired, failure("the name is taken")], "course", "look") is None
    assert shared([failure("the name is taken")], "course", "look") is None
    assert shared([expired, failure("dial tcp: no such host")], "course", "look") is None
    assert shared([], "course", "look") is None


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        (
            "creating EC2 Instance: operation error EC2: RunInstances, https response error "
            "StatusCode: 400, RequestID: cb90a8d4, api error VcpuLimitExceeded: You have requested",
            "VcpuLimitExceeded",
            "You have requested",
        ),
        ("InvalidVpcID.NotFound: The vpc does not exist", "InvalidVpcID.NotFound", "The vpc does"),
        ("creating it: timeout while waiting: 10m", "", "creating it: timeout while waiting: 10m"),
    ],
)
def test_the_sdks_words_around_a_refusal_go(message: str, code: str, words: str) -> None:
    found, rest = taken_apart(message)
    assert found == code
    assert rest.startswith(words)


def test_what_can_be_cured_has_a_cure() -> None:
    assert "servicequotas" in remedy("VcpuLimitExceeded")
    assert "aws sso login" in remedy("ExpiredToken")
    assert remedy("NoSuchThing") == ""


def test_every_trouble_is_tried() -> None:
    matched = {next(t for t in TROUBLES if t.pattern.search(said)) for said in SAID}
    assert matched == set(TROUBLES)


def test_what_is_not_known_is_not_guessed() -> None:
    assert told("error: BucketAlreadyExists: taken", "course", "up") is None
