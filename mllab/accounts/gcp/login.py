"""Asks whose credentials Pulumi's provider would take for Google Cloud, and in which project."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from mllab.accounts.identity import Identity
from mllab.accounts.vendor_cli import VendorCli
from mllab.errors import LabError

GCLOUD: Final = VendorCli(
    "gcloud",
    "https://cloud.google.com/sdk/docs/install",
    {"CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
)
LOGIN: Final = "gcloud auth application-default login"
_KEYS: Final = ("GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON")
_FILE: Final = "GOOGLE_APPLICATION_CREDENTIALS"
_TOKEN: Final = "GOOGLE_OAUTH_ACCESS_TOKEN"
_IN_SETTINGS: Final = ("gcp:accessToken", "gcp:credentials")


def ask(config: Mapping[str, str]) -> Identity:
    """The project of the settings, and the credentials in the provider's own order.

    Source: https://www.pulumi.com/registry/packages/gcp/installation-configuration/

    Raises:
        LabError: no project, no credentials, or a login that has ended.
    """
    project = config.get("gcp:project", "")
    if not project:
        raise LabError(
            "the stack's settings name no project", hint="pulumi config set gcp:project ..."
        )
    if found := [key for key in _IN_SETTINGS if key in config]:
        raise LabError(
            f"the stack's settings hold credentials: {', '.join(found)}; they would end up in the "
            "state",
            hint=f"Log in instead:  {LOGIN}\nAnd take them out:  pulumi config rm {found[0]}",
        )
    for name in _KEYS:
        if text := os.environ.get(name):
            return _identity(project, _who(text, name), f"Put a good key into {name}")
    if os.environ.get(_TOKEN):
        return _identity(project, f"the token in {_TOKEN}", LOGIN, end_unknown=True)
    if path := os.environ.get(_FILE):
        return _identity(project, _who(path, _FILE), f"Name a good file in {_FILE}")
    answer = GCLOUD.ask("auth", "application-default", "print-access-token")
    if answer.code:
        raise LabError(f"there is no Google Cloud login that works: {answer.why}", hint=LOGIN)
    named = GCLOUD.ask("config", "get", "account")
    return _identity(project, named.out.strip() or "application default credentials", LOGIN)


def _who(text: str, name: str) -> str:
    """The account that a key, or a file with one, belongs to."""
    try:
        content = text if text.lstrip().startswith("{") else Path(text).read_text("utf-8")
        found = json.loads(content)
        return str(found.get("client_email") or found.get("type") or name)
    except (OSError, ValueError, AttributeError) as error:
        why = getattr(error, "strerror", None) or "it is no JSON"
        raise LabError(
            f"the credentials that {name} names cannot be read: {why}", hint=LOGIN
        ) from error


def _identity(project: str, principal: str, login: str, *, end_unknown: bool = False) -> Identity:
    return Identity(
        project,
        principal,
        login,
        end_unknown=end_unknown,
        kind="project",
        switch="Put the project back into the stack's settings (gcp:project), or give the new lab "
        "a stack of its own: mllab new NAME",
    )
