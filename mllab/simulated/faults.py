"""Failures on demand: a simulated cloud told when and how to fail. Always the same for the same calls."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from mllab.engines.provider import Call, Made, ProviderFailure


class How(StrEnum):
    """Ways to fail."""

    BEFORE = "before"  # refused, nothing happened
    AFTER = "after"  # it happened, but the answer was lost
    THROTTLE = "throttle"  # too many requests, the provider's retries are used up
    EXPIRED_TOKEN = "expired-token"  # noqa: S105 - the name of a failure, no token
    HANG = "hang"  # it happened, but never became ready: ends with the provider's timeout
    CAPACITY = "capacity"  # the cloud is out of stock
    KILL_BEFORE = "kill-before"  # the process dies before the call
    KILL_AFTER = "kill-after"  # the process dies after the side effect, before the answer


class Killed(BaseException):
    """Stands for the end of the process where tests want to go on."""


@dataclass(frozen=True)
class Rule:
    """One failure.

    Args:
        how: what happens.
        op: `create`, `read`, `update`, `delete`, `invoke`, or `*`.
        type, name: patterns as in a shell, for the type token (or function token) and the logical name.
        times: how often; None for always. skip: how many matching calls go through first.
        code, message: the cloud's words in place of the usual ones.
    """

    how: How
    op: str = "*"
    type: str = "*"
    name: str = "*"
    times: int | None = 1
    skip: int = 0
    code: str = ""
    message: str = ""

    def matches(self, op: str, type: str, name: str) -> bool:
        wanted = ((self.op, op), (self.type, type), (self.name, name))
        return all(fnmatchcase(value, pattern) for pattern, value in wanted)


@dataclass
class Faults:
    """The rules of a run, in order of precedence: the first that matches and is not used up applies.

    Args:
        rules: see `Rule`.
        exits: a kill really ends the process with 137, as `kill -9` shows; otherwise it raises `Killed`.
        words: code and message of each way, in the cloud's own words; `{type}` and `{name}` are filled in.
        hang_s: the provider's timeout, in seconds.
    """

    rules: tuple[Rule, ...] = ()
    exits: bool = False
    words: Mapping[How, tuple[str, str]] = field(default_factory=dict)
    hang_s: float = 1200.0
    _seen: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, rules: Iterable[Mapping[str, Any]], *, exits: bool = False) -> Faults:
        """From plain data, e.g. `[{"how": "after", "op": "create", "type": "aws:ec2/*"}]`. ValueError if it is none."""
        made = []
        for rule in rules:
            try:
                made.append(Rule(**{**rule, "how": How(rule["how"])}))
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"not a fault: {dict(rule)}: {error}") from error
        return cls(tuple(made), exits=exits)

    def pick(self, op: str, call: Call) -> Rule | None:
        """The rule that applies to this call, and count it. One pick per call."""
        if not self.rules or call.preview:
            return None
        with self._lock:
            for index, rule in enumerate(self.rules):
                if not rule.matches(op, call.type, call.name):
                    continue
                seen = self._seen.get(index, 0)
                self._seen[index] = seen + 1
                if seen >= rule.skip and (rule.times is None or seen < rule.skip + rule.times):
                    return rule
        return None

    def before(self, rule: Rule | None, call: Call) -> None:
        """Fail before anything happens. Raises ProviderFailure or Killed, or ends the process."""
        if rule is None:
            return
        if rule.how is How.KILL_BEFORE:
            self._kill()
        if rule.how in (How.BEFORE, How.THROTTLE, How.EXPIRED_TOKEN, How.CAPACITY):
            raise self._failure(rule, call)

    def after(self, rule: Rule | None, call: Call, made: Made | None = None) -> None:
        """Fail after the side effect. Raises ProviderFailure or Killed, or ends the process."""
        if rule is None:
            return
        if rule.how is How.KILL_AFTER:
            self._kill()
        if rule.how is How.HANG:
            raise self._failure(rule, call, made=made, seconds=self.hang_s)
        if rule.how is How.AFTER:
            raise self._failure(rule, call)

    def _failure(
        self, rule: Rule, call: Call, *, made: Made | None = None, seconds: float = 0.0
    ) -> ProviderFailure:
        code, message = self.words.get(rule.how, (rule.how.value, f"{rule.how.value} on {{name}}"))
        message = (rule.message or message).format(type=call.type, name=call.name)
        return ProviderFailure(message, code=rule.code or code, made=made, seconds=seconds)

    def _kill(self) -> None:
        if self.exits:
            os._exit(137)
        raise Killed
