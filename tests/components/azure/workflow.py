"""Runs a workflow of Logic Apps, as far as ours go: their actions, and the expressions in them.

It follows the documented workflow definition language; that Azure reads ours alike is not proved.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

Answer = Callable[[str, str], Any]
"""Method and URI -> body; whoever raises Failed or TimedOut makes the call end so."""

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|-?\d+(?:\.\d+)?|[A-Za-z_]\w*|\?\[|[()\[\],])")


class Failed(Exception):
    """An action that cannot be carried out: a call that did not answer 2xx, an expression of what
    is not there.

    Args:
        body: of the answer.
    """

    status: ClassVar = "Failed"

    def __init__(self, body: Any = None) -> None:
        super().__init__(body)
        self.body = body


class TimedOut(Failed):
    """A call that was not answered in time."""

    status = "TimedOut"


class Workflow:
    """One run.

    `worked`: it ended as Succeeded; `calls`: each (method, URI) in order; `sent`: the bodies of
    those that have one.
    """

    def __init__(
        self, definition: Mapping[str, Any], given: Mapping[str, Any], now: datetime, answer: Answer
    ) -> None:
        assert definition["parameters"].keys() == given.keys()
        self._given = {key: entry["value"] for key, entry in given.items()}
        self._now, self._answer = now, answer
        self._bodies: dict[str, Any] = {}
        self._items: dict[str, Any] = {}
        self._item: Any = None
        self.calls: list[tuple[str, str]] = []
        self.sent: list[dict[str, Any]] = []
        self.worked = self._all(definition["actions"])

    def _all(self, actions: Mapping[str, Any]) -> bool:
        """Each action after those it waits for; True if every branch ended well.

        A failure that a later action runs after is dealt with, and a branch that ends with a
        skipped action ended as what that waited for.
        Source: https://learn.microsoft.com/azure/logic-apps/error-exception-handling
        """
        state: dict[str, str] = {}
        waiting = dict(actions)
        while waiting:
            ready = [n for n, a in waiting.items() if a["runAfter"].keys() <= state.keys()]
            assert ready, f"nothing can begin: {sorted(waiting)}"
            for name in ready:
                action = waiting.pop(name)
                wanted = action["runAfter"].items()
                if not all(state[before] in told for before, told in wanted):
                    state[name] = "Skipped"
                    continue
                try:
                    state[name] = "Succeeded" if self._one(name, action) else "Failed"
                except Failed as fault:
                    state[name] = fault.status
        waited_for = {before for action in actions.values() for before in action["runAfter"]}

        def ended_well(name: str) -> bool:
            if state[name] == "Skipped":
                return all(map(ended_well, actions[name]["runAfter"]))
            return state[name] == "Succeeded"

        return all(ended_well(name) for name in actions.keys() - waited_for)

    def _one(self, name: str, action: Mapping[str, Any]) -> bool:
        kind = action["type"]
        if kind == "Http":
            inputs = action["inputs"]
            assert inputs["authentication"]["type"] == "ManagedServiceIdentity"
            uri = self._text(inputs["uri"])
            self.calls.append((inputs["method"], uri))
            if "body" in inputs:
                self.sent.append({k: self._text(v) for k, v in inputs["body"].items()})
            try:
                self._bodies[name] = self._answer(inputs["method"], uri)
            except Failed as fault:
                self._bodies[name] = fault.body
                raise
            if "runtimeConfiguration" in action:
                self._follow(self._bodies[name], action["runtimeConfiguration"])
            return True
        if kind == "Query":
            rows = _array(self._text(action["inputs"]["from"]))
            self._bodies[name] = [r for r in rows if self._with_item(r, action["inputs"]["where"])]
            return True
        if kind == "Compose":
            self._bodies[name] = self._text(action["inputs"])
            return True
        if kind == "If":
            fits = self._condition(action["expression"])
            return self._all(action["actions"] if fits else action["else"]["actions"])
        assert kind == "Foreach", kind
        worked = []
        for each in _array(self._text(action["foreach"])):
            self._items[name] = each
            worked.append(self._all(action["actions"]))
        return all(worked)

    def _follow(self, body: dict[str, Any], runtime: Mapping[str, Any]) -> None:
        """Add the pages behind the first, as the action does by itself, until there are enough.

        Source: https://learn.microsoft.com/azure/logic-apps/logic-apps-exceed-default-page-size-with-pagination
        """
        while body.get("nextLink") and len(body["value"]) < _enough(runtime):
            page = self._answer("GET", body.pop("nextLink"))
            body["value"] = [*body["value"], *page["value"]]
            body.update({key: page[key] for key in page.keys() & {"nextLink"}})

    def _condition(self, condition: Mapping[str, list[Any]]) -> bool:
        ((name, sides),) = condition.items()
        if several := {"and": all, "or": any}.get(name):
            return several([self._condition(each) for each in sides])
        found = _FUNCTIONS[name](*(self._text(side) for side in sides))
        assert isinstance(found, bool)
        return found

    def _with_item(self, item: Any, text: str) -> bool:
        self._item = item
        found = self._text(text)
        assert isinstance(found, bool)
        return found

    def _text(self, text: Any) -> Any:
        """A value: `@expression`, text with `@{expression}` in it, or itself."""
        if not isinstance(text, str):
            return text
        if text.startswith("@{") and text.endswith("}"):
            return str(self._expression(text[2:-1]))
        return self._expression(text[1:]) if text.startswith("@") else text

    def _expression(self, text: str) -> Any:
        tokens = _TOKEN.findall(text)
        assert "".join(tokens) == re.sub(r"\s(?=(?:[^']*'[^']*')*[^']*$)", "", text), text
        value = self._value(tokens)
        assert not tokens, f"left over: {tokens}"
        return value

    def _value(self, tokens: list[str]) -> Any:
        token = tokens.pop(0)
        if token.startswith("'"):
            value: Any = token[1:-1].replace("''", "'")
        elif re.fullmatch(r"-?[\d.]+", token):
            value = float(token) if "." in token else int(token)
        else:
            value = self._call(token, tokens)
        while tokens and tokens[0] in ("[", "?["):
            lenient = tokens.pop(0) == "?["
            key = self._value(tokens)
            assert tokens.pop(0) == "]"
            value = _of(value, key, lenient)
        return value

    def _call(self, name: str, tokens: list[str]) -> Any:
        assert tokens.pop(0) == "(", name
        sides = []
        while tokens[0] != ")":
            sides.append(self._value(tokens))
            if tokens[0] == ",":
                tokens.pop(0)
        tokens.pop(0)
        own: dict[str, Callable[..., Any]] = {
            "parameters": lambda key: self._given[key],
            "body": lambda key: self._bodies[key],
            "items": lambda key: self._items[key],
            "item": lambda: self._item,
            "utcNow": lambda: self._now,
        }
        return (own | _FUNCTIONS)[name](*sides)


def _of(value: Any, key: str | int, lenient: bool) -> Any:
    """A property or an item; `?` takes what is missing for null, and a text has neither."""
    there = isinstance(value, dict) and key in value
    there = there or (isinstance(value, list) and isinstance(key, int) and key < len(value))
    if there:
        return value[key]
    if lenient and (value is None or isinstance(value, dict)):
        return None
    raise Failed(f"InvalidTemplate: no {key} in {value}")


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Failed(f"BadRequest: {value} is no array")
    return value


def _enough(runtime: Mapping[str, Any]) -> int:
    ((policy, settings),) = runtime.items()
    assert (policy, settings.keys()) == ("paginationPolicy", {"minimumItemCount"})
    return int(settings["minimumItemCount"])


def _add_minutes(moment: datetime, minutes: int, form: str) -> str:
    assert form == "yyyy-MM-ddTHH:mm:ssZ"
    return (moment + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ticks(moment: datetime | str) -> int:
    """Tenths of microseconds since the year 1."""
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return int((when - datetime(1, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 10


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "concat": lambda *sides: "".join(map(str, sides)),
    "string": lambda value: json.dumps(value, separators=(",", ":")),
    "contains": lambda whole, part: part in whole,
    "equals": operator.eq,
    "greater": operator.gt,
    "less": operator.lt,
    "not": operator.not_,
    "sub": operator.sub,
    "length": len,
    "coalesce": lambda *sides: next((side for side in sides if side is not None), None),
    "addMinutes": _add_minutes,
    "and": lambda *sides: all(sides),
    "max": max,
    "div": operator.floordiv,
    "ticks": _ticks,
}
