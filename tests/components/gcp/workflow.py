"""Runs a workflow of Google Cloud, as far as ours go: their steps, and the expressions in them.

It follows the documented syntax and standard library; that Google reads ours alike is not proved.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import yaml

Answer = Callable[[str, str, Mapping[str, str]], Any]
"""Method, address and query -> body; whoever raises Failed makes the call fail."""

Steps = list[dict[str, dict[str, Any]]]


class Failed(Exception):
    """What `try` catches: a call that did not answer 2xx, or an expression that cannot be told.

    Args:
        tags: kinds of fault, https://cloud.google.com/workflows/docs/reference/syntax/error-types
        known: what else the map of the error holds.
    """

    def __init__(self, tags: list[str], **known: Any) -> None:
        super().__init__(tags)
        self.map = {"tags": tags, **known}


class Dots(ast.NodeTransformer):
    """Writes `map.key` as `map["key"]`."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        key = ast.Constant(node.attr)
        found = ast.Subscript(self.visit(node.value), key, ast.Load())
        return ast.fix_missing_locations(ast.copy_location(found, node))


class Workflow:
    """One run. `logged`: what it wrote into the log, in order."""

    def __init__(self, source: str, lab: Any, now: float, answer: Answer) -> None:
        self._flows = yaml.safe_load(source)
        self._answer, self._now = answer, now
        self.logged: list[dict[str, Any]] = []
        self._flow("main", [lab])

    def _flow(self, name: str, values: list[Any]) -> Any:
        flow = self._flows[name]
        known = dict(zip(flow["params"], values, strict=True))
        return self._steps(flow["steps"], known)[1]

    def _steps(self, steps: Steps, known: dict[str, Any]) -> tuple[str, Any]:
        """Where to go on (`return`, `continue`, empty for the next step), and a value."""
        names = [next(iter(step)) for step in steps]
        at = 0
        while at < len(steps):
            step = steps[at][names[at]]
            to, value = self._one(step, known)
            to = to or step.get("next", "")
            if to in ("return", "continue"):
                return to, value
            if to and to not in names:  # a step around these
                return to, value
            at = names.index(to) if to else at + 1
        return "", None

    def _one(self, step: Mapping[str, Any], known: dict[str, Any]) -> tuple[str, Any]:
        (kind,) = step.keys() - {"args", "result", "next", "except"}
        match kind:
            case "assign":
                for each in step["assign"]:
                    ((name, value),) = each.items()
                    known[name] = self._value(value, known)
            case "call":
                args = self._value(step.get("args", {}), known)
                found = self._call(step["call"], args)
                if "result" in step:
                    known[step["result"]] = found
            case "switch":
                for each in step["switch"]:
                    if self._value(each["condition"], known):
                        if "steps" in each:
                            return self._steps(each["steps"], known)
                        return each["next"], None
            case "for":
                for each in self._value(step["for"]["in"], known):
                    # Variables of a loop are its own, others are those outside.
                    known[step["for"]["value"]] = each
                    to, value = self._steps(step["for"]["steps"], known)
                    if to == "return":
                        return to, value
            case "try":
                tried = step["try"]
                try:
                    if "steps" in tried:
                        return self._steps(tried["steps"], known)
                    return self._one(tried, known)
                except Failed as fault:
                    caught = {**known, step["except"]["as"]: fault.map}
                    to, value = self._steps(step["except"]["steps"], caught)
                    known.update((name, caught[name]) for name in known)
                    return to, value
            case "raise":
                raise Failed(**self._value(step["raise"], known))
            case "return":
                return "return", self._value(step["return"], known)
            case _:
                raise AssertionError(f"no such step: {kind}")
        return "", None

    def _call(self, name: str, args: Any) -> Any:
        if name in ("http.get", "http.post"):
            assert args["auth"] == {"type": "OAuth2"}
            query = {key: str(value) for key, value in args.get("query", {}).items()}
            method = name.partition(".")[2].upper()
            return {"body": self._answer(method, args["url"], query)}
        if name == "sys.log":
            self.logged.append(args)
            return None
        return self._flow(name, [args[key] for key in self._flows[name]["params"]])

    def _value(self, value: Any, known: Mapping[str, Any]) -> Any:
        if isinstance(value, dict):
            return {key: self._value(inner, known) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner, known) for inner in value]
        if not isinstance(value, str) or not value.startswith("${"):
            return value
        assert value.endswith("}")
        tree = ast.parse(value[2:-1], mode="eval")
        wrong = [n for n in ast.walk(tree) if isinstance(n, (ast.List, ast.Dict, ast.IfExp))]
        assert not wrong, f"no such thing in an expression: {value}"
        library = {
            "sys": {"now": lambda: self._now},
            "time": {"parse": _parse, "format": _format},
            "math": {"max": max, "min": min},
            "json": {"decode": _decode},
            "string": str,
        }
        try:
            code = compile(Dots().visit(tree), "workflow", "eval")
            return eval(code, {"__builtins__": {}}, {**library, **known})
        except (IndexError, TypeError, KeyError, NameError) as fault:
            raise Failed([type(fault).__name__], message=str(fault)) from None


def _decode(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as fault:
        raise Failed(["ValueError"], message=str(fault)) from None


def _parse(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _format(seconds: float) -> str:
    return re.sub(r"\+00:00$", "Z", datetime.fromtimestamp(seconds, UTC).isoformat())
