"""Failures on demand: a simulated cloud told when and how to fail, the same way every time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from mllab.protocol.provider import Made, ProviderFailure


class How(StrEnum):
    """Ways to fail."""

    BEFORE = "before"  # refused, nothing happened
    AFTER = "after"  # it happened, but the answer was lost
    THROTTLE = "throttle"  # too many requests, the provider's retries are used up
    EXPIRED_TOKEN = "expired-token"
    HANG = "hang"  # it happened, but never became ready: ends with the provider's timeout
    CAPACITY = "capacity"  # the cloud is out of stock
    KILL_BEFORE = "kill-before"  # the process dies before the call
    KILL_AFTER = "kill-after"  # the process dies after the side effect, before the answer


class Killed(BaseException):
    """Stands for the end of the process where a test wants to go on."""


@dataclass(frozen=True)
class Rule:
    """One failure.

    Args:
        how: what happens.
        op: `create`, `read`, `update`, `delete`, `invoke`, or `*`.
        type, name: patterns as in a shell, for the type or function token and the logical name.
        times: how often; None for always.
        skip: how many matching calls go through first.
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
        """Whether a call is meant."""
        wanted = ((self.op, op), (self.type, type), (self.name, name))
        return all(fnmatchcase(value, pattern) for pattern, value in wanted)


@dataclass(frozen=True)
class Words:
    """How a cloud speaks of failures.

    Args:
        usual: code and message of each way to fail; `{type}` and `{name}` are filled in.
        hang_s: the provider's timeout, in seconds.
        retry_s: how long the provider repeats throttled calls and those out of stock.
    """

    usual: Mapping[How, tuple[str, str]]
    hang_s: float
    retry_s: float


@dataclass(frozen=True)
class Strike:
    """What is in store for one call. Methods raise ProviderFailure or Killed, or do nothing."""

    rule: Rule | None = None
    type: str = ""
    name: str = ""
    words: Words = field(default_factory=lambda: Words({}, 0.0, 0.0))
    exits: bool = False

    def before(self) -> None:
        """Fail before anything happens."""
        how = self.rule.how if self.rule else None
        if how is How.KILL_BEFORE:
            self._kill()
        if how in (How.BEFORE, How.EXPIRED_TOKEN):
            raise self._failure()
        if how in (How.THROTTLE, How.CAPACITY):
            raise self._failure(seconds=self.words.retry_s)

    def after(self, made: Made | None = None) -> None:
        """Fail after the side effect."""
        how = self.rule.how if self.rule else None
        if how is How.KILL_AFTER:
            self._kill()
        if how is How.HANG:
            raise self._failure(made, self.words.hang_s)
        if how is How.AFTER:
            raise self._failure()

    def _failure(self, made: Made | None = None, seconds: float = 0.0) -> ProviderFailure:
        assert self.rule is not None
        code, message = self.words.usual[self.rule.how]
        text = (self.rule.message or message).format(type=self.type, name=self.name)
        return ProviderFailure(text, code=self.rule.code or code, made=made, seconds=seconds)

    def _kill(self) -> None:
        if self.exits:
            os._exit(137)
        raise Killed


class Faults:
    """The rules of a run: the first that matches a call and is not used up applies.

    Args:
        rules: in order of precedence.
        exits: a kill really ends the process, with 137 as after `kill -9`; else it raises Killed.
    """

    def __init__(self, rules: Iterable[Rule] = (), *, exits: bool = False) -> None:
        self._rules, self._exits = tuple(rules), exits
        self._seen = [0] * len(self._rules)
        self._lock = threading.Lock()

    @classmethod
    def of(cls, rules: Iterable[Mapping[str, Any]], *, exits: bool = False) -> Faults:
        """From plain data, e.g. `[{"how": "after", "op": "create", "type": "aws:ec2/*"}]`.

        Raises:
            ValueError: a rule is none; names it.
        """
        made = []
        for rule in rules:
            try:
                made.append(Rule(**{**rule, "how": How(rule["how"])}))
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"not a fault: {dict(rule)}: {error}") from error
        return cls(made, exits=exits)

    def begin(self, op: str, type: str, name: str, words: Words) -> Strike:
        """Begin a call: count it, fail if it is to fail before anything happens.

        Returns:
            What is in store for its end.
        """
        strike = self._pick(op, type, name, words)
        strike.before()
        return strike

    def _pick(self, op: str, type: str, name: str, words: Words) -> Strike:
        with self._lock:
            for index, rule in enumerate(self._rules):
                if not rule.matches(op, type, name):
                    continue
                seen = self._seen[index]
                self._seen[index] += 1
                if seen >= rule.skip and (rule.times is None or seen < rule.skip + rule.times):
                    return Strike(rule, type, name, words, self._exits)
        return Strike()
