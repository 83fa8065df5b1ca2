"""Asks AWS who the credentials belong to, by AWS's own chain of sources, and how long they live."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha1
from pathlib import Path
from typing import Any, Final, NoReturn

from mllab.accounts.identity import Identity
from mllab.errors import LabError

_SECONDS: Final = 10.0  # for a connection, and for an answer; usual is less than one
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_FIXED: Final = frozenset({"env", "shared-credentials-file", "config-file"})
_ENDS: Final = ("AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION")  # AWS's tools; aws-vault
_IN_SETTINGS: Final = frozenset(
    f"aws:{key}"
    for key in (
        "accessKey", "secretKey", "token", "assumeRole", "assumeRoles", "assumeRoleWithWebIdentity",
        "sharedConfigFiles", "sharedCredentialsFiles",
    )
)  # fmt: skip


def ask(config: Mapping[str, str]) -> Identity:
    """Call `sts:GetCallerIdentity`, which needs no permission.

    Raises:
        LabError: no credentials, wrong or expired ones, no network, no SDK.
    """
    try:
        # Imported here: it takes a third of a second, and only changes in a real cloud need it.
        from botocore import exceptions
        from botocore.config import Config
        from botocore.session import Session
    except ImportError as error:
        raise LabError("AWS's SDK for Python is not installed", hint="pip install boto3") from error
    _refuse_credentials_in_settings(config)
    # A profile in the settings wins over keys in the environment, for Pulumi as for this SDK.
    by_keys = "aws:profile" not in config and bool(os.environ.get("AWS_ACCESS_KEY_ID"))
    stated = _stated_end() if by_keys else None
    session = Session(profile=config.get("aws:profile"))
    name = session.get_config_variable("profile")
    login = f"aws configure{f' --profile {name}' if name else ''}"
    try:
        profile = session.full_config["profiles"].get(name or "default", {})
        login = _login(profile, name, by_keys=by_keys)
        _never_ask(session, name)
        quick = Config(
            connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 2}
        )
        client = session.create_client("sts", region_name=config.get("aws:region"), config=quick)
        answer = client.get_caller_identity()
        credentials = session.get_credentials()
        expires, unknown = _end(credentials.method, credentials.token, profile, stated)
    except RuntimeError as error:  # what the SDK raises for keys whose stated end is past
        when = f"they ended at {stated}" if stated else str(error)
        raise LabError(f"the AWS credentials have expired: {when}", hint=login) from error
    except exceptions.ClientError as error:
        raise _refused(error.response.get("Error", {}), login) from error
    except exceptions.BotoCoreError as error:
        raise _failed(error, name, login) from error
    return Identity(
        answer["Account"],
        answer["Arn"],
        login,
        expires,
        unknown,
        switch="Take the other account's credentials, for example: export AWS_PROFILE=...\n"
        "Whose they are:  aws sts get-caller-identity",
    )


def _refuse_credentials_in_settings(config: Mapping[str, str]) -> None:
    if found := sorted(_IN_SETTINGS & config.keys()):
        raise LabError(
            f"the stack's settings hold credentials: {', '.join(found)}; whose they are cannot be "
            "told, and they would end up in the state",
            hint="Put them into a profile of ~/.aws/config, and take them out of the stack's file:"
            f"\n  pulumi config rm {found[0]}",
        )


def _login(profile: Mapping[str, Any], name: str | None, *, by_keys: bool) -> str:
    """What a person types to get fresh credentials."""
    option = f" --profile {name}" if name else ""
    if by_keys:
        return (
            "Set fresh keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or\n"
            f"unset them and log in: aws sso login{option}"
        )
    if "sso_session" in profile or "sso_start_url" in profile:
        return f"aws sso login{option}"
    if "login_session" in profile:
        return f"aws login{option}"
    return f"aws configure{option}, or with single sign-on: aws configure sso{option}"


def _never_ask(session: Any, name: str | None) -> None:
    """Refuse a role that wants a one-time code: nobody can type it into the engine."""

    def refuse(prompt: str) -> NoReturn:
        raise LabError(
            f"the profile {name or 'default'} wants a one-time code (mfa_serial), which Pulumi "
            "cannot ask for",
            hint="Get keys for a while with the code, and set them in the environment:\n"
            "  aws sts get-session-token --serial-number ... --token-code ...",
        )

    provider = session.get_component("credential_provider").get_provider("assume-role")
    provider._prompter = refuse


def _stated_end() -> datetime | None:
    """When the keys in the environment end, if they are said to."""
    for name in _ENDS:
        if text := os.environ.get(name):
            try:
                end = datetime.fromisoformat(text)
            except ValueError:
                end = datetime.min
            if end.tzinfo is None:
                raise LabError(
                    f"{name} is {text!r}, which is no time with a zone",
                    hint=f"Write it like 2027-01-11T09:00:00Z, or take it away: unset {name}",
                )
            return end
    return None


def _end(
    method: str, token: str | None, profile: Mapping[str, Any], stated: datetime | None
) -> tuple[datetime | None, bool]:
    """When the credentials end, and whether they end without saying when.

    Roles of machines and containers, processes and renewable logins get new ones by themselves.
    """
    if method == "sso" and "sso_session" not in profile:
        return _end_of_single_sign_on(profile["sso_start_url"]), False
    if method not in _FIXED or not token:
        return None, False
    return stated, stated is None


def _end_of_single_sign_on(start_url: str) -> datetime:
    """The end of a login of the older kind, without an `sso_session`: it cannot be renewed."""
    key = sha1(start_url.encode(), usedforsecurity=False).hexdigest()
    path = Path("~/.aws/sso/cache").expanduser() / f"{key}.json"
    text = json.loads(path.read_text(encoding="utf-8"))["expiresAt"]
    return datetime.fromisoformat(text.replace("UTC", "+00:00"))  # as older AWS CLIs wrote it


def _refused(error: Mapping[str, Any], login: str) -> LabError:
    code, words = str(error.get("Code", "")), str(error.get("Message", ""))
    if code in _EXPIRED:
        return LabError(f"the AWS credentials have expired: {words}", hint=login)
    return LabError(f"AWS does not accept the credentials: {code}: {words}", hint=login)


def _failed(error: Exception, profile: str | None, login: str) -> LabError:
    from botocore import exceptions as known

    words = " ".join(str(error).split())
    if isinstance(error, known.ProfileNotFound):
        return LabError(
            f"there is no AWS profile {profile!r}",
            hint="Those that exist:  aws configure list-profiles",
        )
    if isinstance(error, known.NoCredentialsError):
        return LabError("there are no AWS credentials", hint=login)
    logged_out = (
        known.SSOError,
        known.TokenRetrievalError,
        known.LoginError,
    )
    if isinstance(error, logged_out):
        return LabError(f"the AWS login has ended: {words}", hint=login)
    if isinstance(error, (known.HTTPClientError, known.ConnectionError)):
        return LabError(
            f"AWS cannot be reached: {words}",
            hint="Check the network, and HTTPS_PROXY if there is a proxy; then run it again.",
        )
    return LabError(f"the AWS credentials cannot be used: {words}", hint=login)
