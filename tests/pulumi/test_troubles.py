"""What the engine says when something outside the lab is wrong, and what a person is told."""

from __future__ import annotations

import pytest

from mllab.engines.pulumi.troubles import TROUBLES, told

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
    "on your $PATH": "plugin cannot be downloaded",
    "error: failed to download plugin: aws-7.51.1: dial tcp: lookup api.github.com: no such host": (
        "plugin cannot be downloaded"
    ),
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


def test_every_trouble_is_tried() -> None:
    matched = {next(t for t in TROUBLES if t.pattern.search(said)) for said in SAID}
    assert matched == set(TROUBLES)


def test_what_is_not_known_is_not_guessed() -> None:
    assert told("error: BucketAlreadyExists: taken", "course", "up") is None
