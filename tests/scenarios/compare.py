"""What differs between a scenario's expectation and what was seen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from mllab.engines.contract import Status, Step
from tests.scenarios.model import Expected

if TYPE_CHECKING:
    from tests.scenarios.run import Seen


def differences(expected: Expected, seen: Seen, secrets: set[str]) -> list[str]:
    """One line per difference; none when all is as expected."""
    found = [*_leaks(seen, secrets | set(expected.hidden)), *_disorder(seen)]
    if not seen.killed:
        found += _steps(expected, seen) + _results(expected, seen)
    return found + _cloud(expected, seen) + _state(expected, seen)


def _steps(expected: Expected, seen: Seen) -> list[str]:
    found = []
    done = Counter(_label(s) for s in seen.steps if s.status is not Status.FAILED and _told(s))
    # In a preview nothing is finished, so that PLANNED counts as well as DONE.
    for label in [_label(s) for s in seen.steps if s.status is Status.SKIPPED and _told(s)]:
        done[label] -= 1
    done = +done
    if expected.steps is not None:
        wanted = Counter(expected.steps)
        found += [f"missing step: {label}" for label in (wanted - done).elements()]
        found += [f"unexpected step: {label}" for label in (done - wanted).elements()]
    if expected.skipped is not None:
        skipped = [_label(s) for s in seen.steps if s.status is Status.SKIPPED and _told(s)]
        found += _same("skipped", expected.skipped, skipped)
    if expected.counts is not None:
        counts: Counter[str] = Counter()
        for label, number in done.items():
            counts[label.split()[0]] += number
        if counts != expected.counts:
            found.append(f"counts are {dict(counts)}, not {expected.counts}")
    for chain in expected.order:
        for left, right in zip(chain, chain[1:], strict=False):
            found += _before(seen.events, left, right)
    for name, wanted_changes in (expected.changes or {}).items():
        changes = [
            f"{c.kind} {c.path}" + (" (replaces)" if c.replaces else "")
            for s in seen.steps
            if s.name == name and s.op.value not in ("delete-replaced", "create-replacement")
            for c in s.changes
        ]
        if sorted(changes) != sorted(wanted_changes):
            found.append(f"changes of {name} are {changes}, not {wanted_changes}")
    return found


def _before(events: list[Step], left: str, right: str) -> list[str]:
    ends = [i for i, e in enumerate(events) if _label(e) == left and e.status is Status.DONE]
    begins = [i for i, e in enumerate(events) if _label(e) == right and e.status is Status.STARTED]
    if not ends or not begins:
        return [f"no order of {left} ({len(ends)} ends) and {right} ({len(begins)} begins)"]
    return [] if ends[-1] < begins[0] else [f"{right} began before {left} had ended"]


def _results(expected: Expected, seen: Seen) -> list[str]:
    found: list[str] = []
    if expected.failures is not None:
        found += _failures(expected.failures, {f.name: f.message for f in seen.failures})
    for what in ("raises", "others"):
        told, wanted = getattr(seen, what), getattr(expected, what)
        if bool(told) != bool(wanted) or wanted not in told:
            found.append(f"{what} {told!r}, not {wanted!r}")
    found += _each("warning", expected.warnings, list(seen.warnings))
    if expected.outputs is not None and not _like(expected.outputs, seen.outputs, exact=True):
        found.append(f"outputs are {json.dumps(dict(seen.outputs))}, not {expected.outputs}")
    return found


def _failures(wanted: Mapping[str, str], failed: Mapping[str, str]) -> list[str]:
    found = [f"{name} did not fail" for name in wanted if name not in failed]
    for name, message in failed.items():
        if name not in wanted:
            found.append(f"{name} failed: {message}")
        elif wanted[name] not in message:
            found.append(f"{name} failed with {message!r}, not with {wanted[name]!r}")
    return found


def _cloud(expected: Expected, seen: Seen) -> list[str]:
    if expected.cloud is None:
        return []
    held: dict[str, list[Any]] = {}
    for thing in seen.cloud.values():
        held.setdefault(thing["logical"], []).append(thing["inputs"])
    found = [
        f"the cloud holds {name} {len(held[name])} times" for name in held.keys() - expected.cloud
    ]
    for name, wanted in expected.cloud.items():
        alternatives = wanted if isinstance(wanted, list) else [wanted]
        inputs = held.get(name, [])
        if len(inputs) != len(alternatives) or not all(
            any(_like(one, thing) for thing in inputs) for one in alternatives
        ):
            found.append(f"the cloud holds {name} as {inputs}, not as {alternatives}")
    return found


def _state(expected: Expected, seen: Seen) -> list[str]:
    deployment = seen.state.get("deployment", {})
    resources = [r for r in deployment.get("resources", []) if _kept(r)]
    found = []
    if expected.state is not None:
        names = [_name(r) + (" (to delete)" if r.get("delete") else "") for r in resources]
        found += _same("state", expected.state, names)
    for name, properties in expected.resources.items():
        matching = [r for r in resources if _name(r) == name and not r.get("delete")]
        for path, wanted in properties.items():
            values = [_names_for_urns(_dig(r, path)) for r in matching]
            if not any(_like(wanted, value, exact=True) for value in values):
                found.append(f"{name}: {path} is {values}, not {wanted!r}")
    pending = [
        f"{p['type']} {_name(p['resource'])}" for p in deployment.get("pending_operations") or []
    ]
    found += _same("pending", expected.pending, pending)
    if seen.pending is not None:
        names = [label.split()[1] for label in expected.pending]
        found += _same("pending in the plan", names, _names_for_urns(list(seen.pending)))
    if seen.remaining is not None:
        kept = [_name(r) for r in resources if r["custom"] and not _provider(r["type"])]
        found += _same("remaining", kept, list(seen.remaining))
    return found


def _leaks(seen: Seen, secrets: set[str]) -> list[str]:
    places = {
        "state": json.dumps(seen.state),
        "steps": repr((seen.events, seen.steps)),
        "outputs": repr(seen.outputs),
        "messages": repr((seen.failures, seen.warnings, seen.raises)),
    }
    return [
        f"{secret!r} is in the {where}"
        for secret in secrets
        for where in places
        if secret in places[where]
    ]


def _disorder(seen: Seen) -> list[str]:
    """Pulumi refuses a state in which a resource stands before something that it refers to."""
    known: set[str] = set()
    found = []
    for resource in seen.state.get("deployment", {}).get("resources", []):
        provider = resource.get("provider", "").rpartition("::")[0]
        for urn in {resource.get("parent"), provider, *(resource.get("dependencies") or [])}:
            if urn and urn not in known:
                found.append(f"state: {_name(resource)} stands before {urn}")
        known.add(resource["urn"])
    return found


def _like(wanted: Any, value: Any, *, exact: bool = False) -> bool:
    """Equal, where `*` in a wanted text stands for anything; unless exact, keys may be left out."""
    if isinstance(wanted, Mapping):
        if not isinstance(value, Mapping) or (exact and wanted.keys() != value.keys()):
            return False
        return all(k in value and _like(w, value[k], exact=exact) for k, w in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(value, list)
            and len(wanted) == len(value)
            and all(_like(w, v, exact=exact) for w, v in zip(wanted, value, strict=True))
        )
    if isinstance(wanted, str) and isinstance(value, str):
        return fnmatchcase(value, wanted.replace("[", "[[]"))
    return bool(wanted == value) and isinstance(wanted, bool) == isinstance(value, bool)


def _each(what: str, parts: list[str], texts: list[str]) -> list[str]:
    left = list(texts)
    found = []
    for part in parts:
        match = next((text for text in left if part in text), None)
        if match is None:
            found.append(f"no {what} with {part!r}")
        else:
            left.remove(match)
    return found + [f"unexpected {what}: {text}" for text in left]


def _same(what: str, wanted: list[str], told: list[str]) -> list[str]:
    lacking, surplus = Counter(wanted) - Counter(told), Counter(told) - Counter(wanted)
    return [f"{what}: {name} is missing" for name in lacking.elements()] + [
        f"{what}: {name} is too many" for name in surplus.elements()
    ]


def _dig(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _names_for_urns(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(_names_for_urns(item) for item in value)
    if isinstance(value, str) and value.startswith("urn:pulumi:"):
        return value.split("::")[3]
    return value


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"]).split("::", 3)[3]


def _kept(resource: Mapping[str, Any]) -> bool:
    return _declared(resource["type"], _name(resource))


def _told(step: Step) -> bool:
    return _declared(step.type, step.name)


def _provider(type: str) -> bool:
    return type.startswith("pulumi:providers:")


def _declared(type: str, name: str) -> bool:
    """Neither the stack nor a default provider, which nobody declares."""
    default = _provider(type) and name.startswith("default")
    return type != "pulumi:pulumi:Stack" and not default


def _label(step: Step) -> str:
    return f"{step.op.value} {step.name}"
