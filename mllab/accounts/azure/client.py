"""Asks Azure by its command line, and says what was found, not there, or not to be known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from mllab.accounts.azure import login
from mllab.accounts.responses import QueryFailed
from mllab.accounts.vendor_cli import Answer
from mllab.errors import LabError

_NOT_FOUND: Final = re.compile(r"^(?:ERROR: )?Not Found\b", re.MULTILINE)
"""How `az rest` tells a 404: the reason, then the body in parentheses
(https://github.com/Azure/azure-cli, `azure/cli/core/util.py`, `send_raw_request`)."""
_NO_SUBSCRIPTION: Final = re.compile("SubscriptionNotFound|InvalidSubscriptionId")
"""The one thing without which nothing below it can be called absent."""
_UNUSED: Final = "MissingSubscriptionRegistration"
"""The subscription has never used the service, so nothing of it is there."""
_NO_LOGIN: Final = re.compile("az login|AADSTS[0-9]+")


class Client:
    """One subscription, asked by `az`.

    Args:
        config: Pulumi configuration of the stack, of which `azure-native:subscriptionId` counts.
    """

    def __init__(self, config: Mapping[str, str]) -> None:
        self._config = config

    @cached_property
    def subscription(self) -> str:
        """Its id, the one that the provider takes. Raises what `login.ask` raises."""
        return login.ask(self._config).account

    def list(self, *words: str) -> list[Any]:
        """What an `az ... list` lists.

        Raises:
            QueryFailed: Azure says no, or what is no list.
            LabError: no `az`, or one without a login.
        """
        asked = (*words, "--subscription", self.subscription, "--output", "json")
        return _listed(" ".join(words), _checked(" ".join(words), login.AZ.ask(*asked)))

    def get(self, id: str, version: str) -> Mapping[str, Any] | None:
        """What is at an id; None where Azure says that there is nothing. Raises as `list`."""
        answer = _rest(f"{id}?api-version={version}")
        absent = answer.code and _NOT_FOUND.search(answer.err)
        if absent and not _NO_SUBSCRIPTION.search(answer.err):
            return None
        found = _read(id, _checked(id, answer))
        if not isinstance(found, Mapping):
            raise QueryFailed(f"Azure answers with what is no resource: {id}")
        return found

    def pages(self, path: str, version: str) -> Iterator[Any]:
        """All items of a list of the subscription, or at an id in it. Raises as `list`."""
        inside = path.startswith("/subscriptions/")
        begin = "" if inside else f"/subscriptions/{self.subscription}/providers/"
        url = f"{begin}{path}?api-version={version}"
        while url:
            answer = _rest(url)
            if answer.code and _UNUSED in answer.err:
                return
            page = _read(path, _checked(path, answer))
            if not isinstance(page, Mapping):
                raise QueryFailed(f"Azure answers with what is no list: {path}")
            yield from _listed(path, json.dumps(page.get("value")))
            url = str(page.get("nextLink") or "")


def _rest(url: str) -> Answer:
    # Without a host it goes to the cloud that `az` is logged in to.
    return login.AZ.ask("rest", "--method", "get", "--url", url, "--output", "json")


def _checked(what: str, answer: Answer) -> str:
    if not answer.code:
        return answer.out
    if _NO_LOGIN.search(answer.err):
        raise LabError(
            f"`az` has no login that works, and the account is asked by it: {answer.why}",
            hint=login.LOGIN,
        )
    raise QueryFailed(f"Azure does not answer {what}: {answer.why}")


def _read(what: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise QueryFailed(f"Azure answers with what is no JSON: {what}") from error


def _listed(what: str, text: str) -> list[Any]:
    found = _read(what, text)
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise QueryFailed(f"Azure answers with what is no list: {what}")
    return found
