"""Reads a vendor's public list over HTTP, and waits where the vendor says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib import error, request

from mllab.accounts.responses import QueryFailed

SECONDS: Final = 30.0
ATTEMPTS: Final = 5
PAUSE: Final = 10.0
"""Seconds before the next attempt, where the vendor does not say."""
LONGEST: Final = 120.0

_BUSY: Final = frozenset({429, 500, 502, 503, 504})


class Refused(QueryFailed):
    """The vendor says no to whoever asks.

    Args:
        code: of the answer. body: what it says.
    """

    def __init__(self, message: str, code: int, body: bytes) -> None:
        super().__init__(message)
        self.code, self.body = code, body


def get(
    url: str, what: str, pause: Callable[[float], None], headers: Mapping[str, str] | None = None
) -> bytes:
    """What is at an address, tried several times.

    Args:
        what: `Azure's list of prices`. pause: waits so many seconds.

    Raises:
        QueryFailed: no answer. Refused: with a code that does not go away by waiting.
    """
    asked = request.Request(url, headers=dict(headers or {}))
    for attempt in range(ATTEMPTS):
        try:
            with request.urlopen(asked, timeout=SECONDS) as answer:
                return bytes(answer.read())
        except error.HTTPError as failure:
            last = f"{failure.code} {failure.reason}"
            if failure.code not in _BUSY:
                raise Refused(
                    f"{what} does not answer: {last}", failure.code, failure.read()
                ) from failure
            told = failure.headers.get("Retry-After", "")
            wait = float(told) if told.isdecimal() else PAUSE
        except (OSError, ValueError) as failure:  # URLError and a time-out are of the first kind
            last, wait = str(getattr(failure, "reason", failure)), PAUSE
        if attempt + 1 < ATTEMPTS:
            pause(min(wait, LONGEST))
    raise QueryFailed(f"{what} does not answer: {last}")
