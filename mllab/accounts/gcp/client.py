"""Asks Google Cloud by its command line, and says what was found, or that nobody can tell."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from components.gcp import scheduler
from mllab.accounts.gcp import login
from mllab.accounts.responses import QueryFailed, items
from mllab.errors import LabError

_TOKEN: Final = "GOOGLE_OAUTH_ACCESS_TOKEN"
_KEYS: Final = ("GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON")
_FILE: Final = "GOOGLE_APPLICATION_CREDENTIALS"
_NO_LOGIN: Final = re.compile(
    "active account selected|invalid_grant|Reauthentication|UNAUTHENTICATED"
    "|nvalid authentication credentials"
)


class Client:
    """One project, asked by `gcloud` with the credentials that the provider takes.

    Args:
        config: Pulumi configuration of the stack, of which project, region and zone count.
    """

    def __init__(self, config: Mapping[str, str]) -> None:
        self._config = config

    @property
    def names(self) -> dict[str, str]:
        """Project, and region and zone where the settings name them; `scheduler`: the region where
        a lab of that region has its jobs of Cloud Scheduler.

        Raises:
            QueryFailed: no project. The one that gcloud is set to may be another.
        """
        found = {
            key: value
            for key in ("project", "region", "zone")
            if (value := self._config.get(f"gcp:{key}"))
        }
        if "project" not in found:
            raise QueryFailed("the stack's settings do not say gcp:project")
        if "region" in found:
            found["scheduler"] = scheduler.location(found["region"])
        return found

    @cached_property
    def enabled(self) -> frozenset[str]:
        """The APIs that the project has enabled, by short name: `compute`.

        Of one that is not there is nothing in the project, so it need not be asked.

        Raises:
            QueryFailed: Google Cloud does not say.
            LabError: no gcloud, no login.
        """
        listed = self.list("services", "list", "--enabled")
        names = [name for each in listed for name in items(each, "config.name")]
        if not names:  # without any this very question would have no answer
            raise QueryFailed("Google Cloud names no API that the project has enabled")
        return frozenset(str(name).removesuffix(".googleapis.com") for name in names)

    def list(self, *words: str) -> list[Any]:
        """The items of an answer; one that is no list counts as one item.

        Raises:
            QueryFailed: Google Cloud says no, or what cannot be understood.
            LabError: no gcloud, no login.
        """
        what, project = " ".join(words), self.names["project"]
        answer = login.GCLOUD.ask(
            *words, f"--project={project}", "--format=json", environ=self._environ
        )
        # The answer of one that failed may look like an empty one.
        if answer.code and _NO_LOGIN.search(answer.err):
            raise LabError(
                f"`gcloud` has no login that works, and the project is asked by it: {answer.why}",
                hint=f"{login.LOGIN}\ngcloud auth login",
            )
        if answer.code:
            raise QueryFailed(f"Google Cloud does not answer {what}: {answer.why}")
        try:
            found = json.loads(answer.out)
        except ValueError as error:
            raise QueryFailed(f"Google Cloud answers with what is no JSON: {what}") from error
        found = found if isinstance(found, list) else [found]
        if not all(isinstance(each, Mapping) for each in found):
            raise QueryFailed(f"Google Cloud answers with what is no list: {what}")
        return found

    @cached_property
    def _environ(self) -> dict[str, str]:
        """What makes gcloud take the provider's credentials: it has a login of its own, which may
        be another, or none. A key in a variable it cannot take; then its own must do.

        Some services ask whose quota a call counts against, and whose API must be enabled.
        """
        quota = {"CLOUDSDK_BILLING_QUOTA_PROJECT": self.names["project"]}
        token = os.environ.get(_TOKEN, "")
        key = next((text for name in _KEYS if (text := os.environ.get(name))), "")
        if not token and not key.lstrip().startswith("{"):
            file = {_FILE: key} if key else {}
            words = ("auth", "application-default", "print-access-token")
            answer = login.GCLOUD.ask(*words, environ=file)
            token = "" if answer.code else answer.out.strip()
        return {**quota, "CLOUDSDK_AUTH_ACCESS_TOKEN": token} if token else quota
