"""What the engine says when something outside the lab is wrong, and what a person is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mllab.clouds.registry import CLOUDS
from mllab.engines.contract import Failure, Op
from mllab.engines.pulumi.known_errors import KNOWN_ERRORS, WIDTH, known_errors, shared, told

# Words of the engine, its AWS provider and the AWS SDK, each as it was printed.
SAID = [
    (
        "error: failed to decrypt: incorrect passphrase, please set "
        "PULUMI_CONFIG_PASSPHRASE to the correct passphrase",
        "",
        "passphrase does not fit",
    ),
    (
        "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or "
        "PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
        "",
        "passphrase does not fit",
    ),
    ("error: failed to load checkpoint: unexpected end of JSON input", "", "cannot be read"),
    (
        "error: could not write checkpoint: write /x/y.json: no space left on device",
        "",
        "disk is full",
    ),
    (
        "operation error EC2: RunInstances, https response error StatusCode: 400, api "
        "error ExpiredToken: The security token included in the request is expired",
        "aws",
        "ended in the middle",
    ),
    (
        "error: rpc error: code = Unknown desc = unable to validate AWS credentials.",
        "aws",
        "no valid AWS",
    ),
    ("error: No valid credential sources found.", "aws", "no valid AWS"),
    (
        "error: no resource plugin 'pulumi-resource-aws' found in the workspace at "
        "version v7.51.1 or on your $PATH",
        "",
        "plugin aws v7.51.1 is not installed",
    ),
    (
        "error: failed to download plugin: aws-7.51.1: dial tcp: lookup api.github.com: "
        "no such host",
        "",
        "plugin aws v7.51.1 is not installed",
    ),
    (
        "Could not automatically download and install resource plugin 'pulumi-resource-"
        "gcp' at version v10.2.0, install the plugin",
        "",
        "plugin gcp v10.2.0 is not installed",
    ),
    ("error downloading provider aws to file: 404", "", "plugin of this cloud is not installed"),
    ("1) open /x/.pulumi/locks/a.json.tmp: permission denied", "", "course cannot be written"),
    ("error: open /x/.pulumi/stacks/y.json: read-only file system", "", "course cannot be written"),
    (
        "AADSTS700082: The refresh token has expired due to inactivity.",
        "azure",
        "Azure login ended",
    ),
    ("ERROR: Please run 'az login' to setup account.", "azure", "no Azure login that works"),
    (
        'oauth2: "invalid_grant" "reauth related error (invalid_rapt)"',
        "gcp",
        "Google Cloud login ended",
    ),
    ("google: could not find default credentials.", "gcp", "no Google Cloud login that works"),
    (
        "error: dial tcp: lookup sts.us-east-1.amazonaws.com: no such host",
        "",
        "network does not answer",
    ),
]


@pytest.mark.parametrize(("said", "cloud", "words"), SAID, ids=range(len(SAID)))
def test_a_known_error_has_its_cause_and_a_command(said: str, cloud: str, words: str) -> None:
    error = told(f"Updating (course):\n\n{said}\n", "course", "up", None, cloud)
    assert error is not None
    assert words in error.message
    assert said[:60] in error.message, "the engine's own words stay"
    assert "{" not in error.message.replace(said, "") + error.hint, "nothing left to fill in"
    assert error.hint
    assert "mllab destroy" not in error.hint


@pytest.mark.parametrize(
    ("verb", "ours"), [("up", "up"), ("destroy", "down"), ("refresh", "up"), ("look", "status")]
)
def test_the_next_command_is_one_of_ours(verb: str, ours: str) -> None:
    error = told("api error ExpiredToken: The security token", "course", verb, None, "aws")
    assert error is not None
    assert f"mllab {ours} course" in error.hint


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
    Path(f"{state}.bak").write_text('"good"')
    error = told("error: failed to load checkpoint: x", "course", "up", state)
    assert error is not None
    (copy,) = [line for line in error.hint.splitlines() if line.startswith("  cp ")]
    subprocess.run(copy, shell=True, check=True)
    assert state.read_text() == '"good"'


def test_what_cannot_be_read_either_is_not_advised(tmp_path: Path) -> None:
    state = tmp_path / ".pulumi" / "stacks" / "mllab" / "course.json"
    kept = tmp_path / ".pulumi" / "backups" / "mllab" / "course"
    for path in (state, Path(f"{state}.bak"), kept / "course.2.json", kept / "course.1.json"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{")
    error = told("error: failed to load checkpoint: x", "course", "up", state)
    assert error is not None
    assert "  cp " not in error.hint
    assert "pulumi stack import -s course" in error.hint
    (kept / "course.1.json").write_text("{}")
    error = told("error: failed to load checkpoint: x", "course", "up", state)
    assert error is not None
    assert f"  cp {kept / 'course.1.json'} {state}" in error.hint


def failure(message: str, code: str = "") -> Failure:
    return Failure("urn", "aws:x/y:Z", "z", Op.CREATE, message, code=code)


def test_one_error_behind_all_failures_is_told_once() -> None:
    expired = failure("The security token is expired", "ExpiredToken")
    error = shared([expired, expired], "course", "look", None, "aws")
    assert error is not None
    assert "credentials ended" in error.message
    assert shared([expired, failure("the name is taken")], "course", "look", None, "aws") is None
    assert shared([failure("the name is taken")], "course", "look", None, "aws") is None
    assert (
        shared([expired, failure("dial tcp: no such host")], "course", "look", None, "aws") is None
    )
    assert shared([], "course", "look", None, "aws") is None


def test_every_known_error_is_tried() -> None:
    of_clouds = [known for cloud in CLOUDS.values() for known in cloud.known_errors]
    matched = {
        next(known.pattern for known in known_errors(cloud) if known.pattern.search(said))
        for said, cloud, _ in SAID
    }
    assert matched == {known.pattern for known in (*KNOWN_ERRORS, *of_clouds)}


def test_what_one_cloud_says_is_not_told_of_another() -> None:
    """`The refresh token has expired` is Azure's, and would fit the words of AWS."""
    ended = "AADSTS700082: The refresh token has expired due to inactivity."
    azure, nobody = told(ended, "course", "up", None, "azure"), told(ended, "course", "up")
    assert azure is not None
    assert "az login" in azure.hint
    assert nobody is None


def test_what_is_not_known_is_not_guessed() -> None:
    assert told("error: BucketAlreadyExists: taken", "course", "up") is None
