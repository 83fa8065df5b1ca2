"""Asks AWS's services, and says in one way what was found, not there, or not to be known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any, Final

from mllab.accounts.aws import login
from mllab.accounts.responses import QueryFailed

_SECONDS: Final = 10.0  # for a connection, and for an answer; usual is less than one
_ATTEMPTS: Final = 5  # AWS throttles those who ask much in a short time
_ABSENT: Final = re.compile(r"404|NoSuch.*|.*NotFound.*")
"""How error codes of all services that are asked here say that there is no such thing."""


class Client:
    """The clients of one account and region, made when they are needed.

    Args:
        region: `us-east-1`.
        config: Pulumi configuration of the stack, of which `aws:profile` counts.
    """

    def __init__(self, region: str, config: Mapping[str, str]) -> None:
        self._region, self._config = region, config
        self._client = cache(self._make_client)

    @cached_property
    def names(self) -> dict[str, str]:
        """Account, partition and region.

        Raises:
            LabError: see `login.ask`.
            QueryFailed: no region is given. The one of the environment is no substitute: what
                is not there may be elsewhere.
        """
        if not self._region:
            raise QueryFailed("the stack's settings do not say aws:region")
        found = login.ask({**self._config, "aws:region": self._region})
        partition = found.principal.split(":")[1]
        return {"account": found.account, "partition": partition, "region": self._region}

    def ask(self, service: str, operation: str, args: Mapping[str, Any]) -> Iterator[Any]:
        """The answer, page by page; nothing where AWS says that there is no such thing.

        Raises:
            QueryFailed: AWS says no to the question itself, or nothing.
        """
        from botocore import exceptions

        client = self._client(service)
        try:
            if client.can_paginate(operation):
                yield from client.get_paginator(operation).paginate(**args)
            else:
                yield getattr(client, operation)(**args)
        except exceptions.ClientError as error:
            said = error.response.get("Error", {})
            code, words = str(said.get("Code", "")), str(said.get("Message", ""))
            if not _ABSENT.fullmatch(code):
                raise QueryFailed(
                    f"AWS does not answer {service} {operation}: {code} {words}"
                ) from error
        except exceptions.BotoCoreError as error:
            words = " ".join(str(error).split())
            raise QueryFailed(f"AWS does not answer {service} {operation}: {words}") from error

    @cached_property
    def _session(self) -> Any:
        from botocore.session import Session

        return Session(profile=self._config.get("aws:profile"))

    def _make_client(self, service: str) -> Any:
        from botocore.config import Config

        patient = Config(
            connect_timeout=_SECONDS,
            read_timeout=_SECONDS,
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        )
        return self._session.create_client(service, region_name=self._region, config=patient)


def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    """Tags as the services that are asked here write them."""
    for key in ("Tags", "ResourceTags", "tags"):
        if found := item.get(key):
            if isinstance(found, Mapping):
                return dict(found)
            return {tag["Key"]: tag["Value"] for tag in found}
    return {}
