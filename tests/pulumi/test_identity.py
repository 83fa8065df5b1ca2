"""Whose account it is: real calls of AWS's SDK to a service on loopback.

Not proven: what the real service answers; its error codes are those of its documentation.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha1
from pathlib import Path

import pytest
from botocore.credentials import SSOProvider

from mllab.clouds.aws import AWS
from mllab.errors import LabError
from tests.pulumi import stub_sts

REGION = "eu-north-1"
START = "https://lab.example.edu/start"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with stub_sts.serving() as address:
        yield address


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch, user: Path, service: str) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO"):
        monkeypatch.setenv(name, service)
    (user / ".aws" / "sso" / "cache").mkdir(parents=True)
    # The SDK looks up the user's home when it is imported, which was before this test's home.
    monkeypatch.setattr(SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(user / ".aws" / "sso" / "cache"))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Keys of the teaching account in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEACHING")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    return monkeypatch


def profiles(user: Path, text: str) -> None:
    (user / ".aws" / "config").write_text(text)


def refusal(config: dict[str, str] | None = None) -> LabError:
    with pytest.raises(LabError) as caught:
        AWS.whoami({"aws:region": REGION, **(config or {})})
    return caught.value


def test_long_lived_keys_tell_their_account_and_never_end(keys: pytest.MonkeyPatch) -> None:
    found = AWS.whoami({"aws:region": REGION})
    assert (found.account, found.principal) == (
        "111111111111",
        "arn:aws:iam::111111111111:user/ana",
    )
    assert (found.expires, found.end_unknown) == (None, False)


PROFILES = """
[profile teaching]
aws_access_key_id = AKIATEACHING
aws_secret_access_key = s
[profile research]
aws_access_key_id = AKIARESEARCH
aws_secret_access_key = s
"""


def test_a_profile_is_found_as_pulumi_finds_it(user: Path, keys: pytest.MonkeyPatch) -> None:
    profiles(user, PROFILES)
    keys.setenv("AWS_PROFILE", "research")
    # Keys in the environment come before AWS_PROFILE, and the stack's own profile before both.
    assert AWS.whoami({"aws:region": REGION}).account == "111111111111"
    named = {"aws:profile": "research"}
    assert AWS.whoami({"aws:region": REGION, **named}).account == "222222222222"
    keys.delenv("AWS_ACCESS_KEY_ID")
    found = AWS.whoami({"aws:region": REGION})
    assert found.account == "222222222222"
    assert "aws configure --profile research" in found.login


def test_without_credentials_the_ways_to_get_some_are_named() -> None:
    error = refusal()
    assert error.message == "there are no AWS credentials"
    assert "aws configure" in error.hint


def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    error = refusal()
    assert error.message == "there is no AWS profile 'nobody'"
    assert "list-profiles" in error.hint


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("ASIAEXPIRED", "have expired: The security token included in the request is expired"),
        ("AKIADELETED", "not accept the credentials: InvalidClientTokenId: The security token is"),
        ("AKIACLOCK", "not accept the credentials: SignatureDoesNotMatch: Signature expired: 2027"),
    ],
)
def test_what_aws_refuses_is_told_in_its_words(
    keys: pytest.MonkeyPatch, key: str, words: str
) -> None:
    keys.setenv("AWS_ACCESS_KEY_ID", key)
    error = refusal()
    assert words in error.message
    assert "AWS_ACCESS_KEY_ID" in error.hint


def test_half_a_key_is_refused(keys: pytest.MonkeyPatch) -> None:
    keys.delenv("AWS_SECRET_ACCESS_KEY")
    assert "AWS_SECRET_ACCESS_KEY" in refusal().message


def test_without_a_network_it_says_so(keys: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:  # bound but not listening: connections are refused
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        keys.setenv("AWS_ENDPOINT_URL_STS", address)
        error = refusal()
    assert error.message.startswith("AWS cannot be reached: ")
    assert address in error.message
    assert "network" in error.hint


def test_a_configuration_that_cannot_be_read_is_told(user: Path) -> None:
    profiles(user, "no section\n")
    error = refusal()
    assert "cannot be used" in error.message
    assert str(user / ".aws" / "config") in error.message


@pytest.mark.parametrize("setting", ["accessKey", "secretKey", "token", "assumeRoles"])
def test_credentials_in_the_settings_are_refused(keys: pytest.MonkeyPatch, setting: str) -> None:
    error = refusal({"aws:region": REGION, f"aws:{setting}": "x-secret-x"})
    assert f"aws:{setting}" in error.message
    assert "x-secret-x" not in str(error)
    assert f"pulumi config rm aws:{setting}" in error.hint


@pytest.mark.parametrize("variable", ["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"])
@pytest.mark.parametrize("text", ["2099-01-11T10:30:00Z", "2099-01-11T11:30:00+01:00"])
def test_keys_for_a_while_tell_when_they_end(
    keys: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    keys.setenv("AWS_SESSION_TOKEN", "t")
    keys.setenv(variable, text)
    found = AWS.whoami({"aws:region": REGION})
    assert found.expires == datetime(2099, 1, 11, 10, 30, tzinfo=UTC)
    assert not found.end_unknown


@pytest.mark.parametrize("text", ["soon", "2099-01-11T10:30:00", "99"])
def test_an_end_that_is_no_time_is_named(keys: pytest.MonkeyPatch, text: str) -> None:
    keys.setenv("AWS_CREDENTIAL_EXPIRATION", text)
    error = refusal()
    assert f"AWS_CREDENTIAL_EXPIRATION is {text!r}" in error.message
    assert "unset AWS_CREDENTIAL_EXPIRATION" in error.hint


def test_an_end_of_other_keys_is_not_taken(user: Path, keys: pytest.MonkeyPatch) -> None:
    profiles(user, PROFILES + "aws_session_token = t\n")
    keys.setenv("AWS_CREDENTIAL_EXPIRATION", "2099-01-11T10:30:00Z")
    found = AWS.whoami({"aws:region": REGION, "aws:profile": "research"})
    assert (found.expires, found.end_unknown) == (None, True)
    keys.delenv("AWS_ACCESS_KEY_ID")
    keys.setenv("AWS_PROFILE", "research")
    assert AWS.whoami({"aws:region": REGION}) == found


def test_keys_for_a_while_that_do_not_say_are_not_taken_for_endless(
    keys: pytest.MonkeyPatch,
) -> None:
    keys.setenv("AWS_SESSION_TOKEN", "t")
    found = AWS.whoami({"aws:region": REGION})
    assert (found.expires, found.end_unknown) == (None, True)


def test_keys_whose_stated_end_is_past_are_refused(keys: pytest.MonkeyPatch) -> None:
    keys.setenv("AWS_SESSION_TOKEN", "t")
    keys.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-11T10:30:00Z")
    assert refusal().message == (
        "the AWS credentials have expired: they ended at 2020-01-11 10:30:00+00:00"
    )


SINGLE_SIGN_ON = f"""
[profile lab]
sso_start_url = {START}
sso_region = {REGION}
sso_account_id = 111111111111
sso_role_name = Teacher
"""


def signed_on(user: Path, ends: str, token: str = "valid") -> None:
    path = user / ".aws" / "sso" / "cache" / f"{sha1(START.encode()).hexdigest()}.json"
    path.write_text(json.dumps({"accessToken": token, "expiresAt": ends, "startUrl": START}))


@pytest.mark.parametrize("ends", ["2099-01-11T10:30:00Z", "2099-01-11T10:30:00UTC"])
def test_a_single_sign_on_ends_with_its_login(
    user: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    profiles(user, SINGLE_SIGN_ON)
    signed_on(user, ends)
    monkeypatch.setenv("AWS_PROFILE", "lab")
    found = AWS.whoami({"aws:region": REGION})
    assert found.account == "111111111111"
    assert found.expires == datetime(2099, 1, 11, 10, 30, tzinfo=UTC)
    assert found.login == "aws sso login --profile lab"


@pytest.mark.parametrize(
    "login", [None, ("2020-01-11T10:30:00Z", "valid"), ("2099-01-11T10:30:00Z", "revoked")]
)
def test_who_is_not_signed_on_is_told_to(user: Path, login: tuple[str, str] | None) -> None:
    profiles(user, SINGLE_SIGN_ON)
    if login:
        signed_on(user, *login)
    error = refusal({"aws:profile": "lab"})
    assert error.message.startswith("the AWS login has ended: ")
    assert error.hint == "aws sso login --profile lab"


def test_a_one_time_code_is_never_asked_for(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    role = "[profile lab]\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = teaching\n"
    profiles(user, f"{PROFILES}{role}mfa_serial = arn:aws:iam::111111111111:mfa/ana\n")
    error = refusal({"aws:profile": "lab"})
    assert error.message.startswith("the profile lab wants a one-time code")
