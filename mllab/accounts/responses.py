"""Reads what services of any cloud answer, and says in one way that nobody can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from string import Template
from typing import Any, TypeVar

from mllab.accounts.contract import UNTOLD, Grant, InventoryItem
from mllab.errors import StillThere
from mllab.protocol import urns

Answer = TypeVar("Answer")


class QueryFailed(Exception):
    """A question that got no answer, so nothing follows from it."""


def answer(question: Callable[[], Answer]) -> tuple[Answer | None, str]:
    """The answer; or None, and why there is none."""
    try:
        return question(), ""
    except QueryFailed as error:
        return None, str(error)


def grants(
    services: Mapping[str, str],
    limits: Callable[[str], Mapping[str, float]],
    used: Callable[[str], Mapping[str, float]],
) -> dict[str, Grant]:
    """What is told of quotas; a service that does not answer leaves its own untold, no others.

    Args:
        services: code -> the service that keeps it. limits, used: of a service's quotas, by code.
    """
    found = {}
    for service in sorted({*services.values()}):
        granted, no = answer(partial(limits, service))
        taken, why = answer(partial(used, service))
        for code in (code for code, keeper in services.items() if keeper == service):
            told = (granted or {}).get(code), (taken or {}).get(code)
            found[code] = Grant(*told, why=no or why or UNTOLD)
    return found


def items(answer: Any, path: str) -> list[Any]:
    """What is at a dotted path; lists on the way are flattened, what is missing is left out.

    jmespath does it, too, but comes with the extra of AWS alone, and all clouds' answers are read.
    """
    found = [answer]
    for key in filter(None, path.split(".")):
        found = [each[key] for each in found if isinstance(each, Mapping) and key in each]
        found = [one for each in found for one in (each if isinstance(each, list) else [each])]
    return found


def state_of(item: Any, path: str) -> str:
    """The state at a path in lower case; empty where the item has none."""
    return str(next(iter(items(item, path)), "")).lower() if path else ""


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """Texts with `$name` replaced, also inside lists and maps. Raises KeyError with the name."""
    if isinstance(template, str):
        return Template(template).substitute(values)
    if isinstance(template, Mapping):
        return {key: filled(value, values) for key, value in template.items()}
    return [filled(each, values) for each in template]


def texts(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """The plain texts among values; what is secret, a list or a map can be no part of an id."""
    return {f"{prefix}{key}": value for key, value in values.items() if isinstance(value, str)}


def the_one(ids: Callable[[], set[str]], unclear: Callable[[str], StillThere]) -> str | None:
    """What an interrupted create made; None if nothing.

    Args:
        ids: looks for it. Raises KeyError where something is not recorded, or QueryFailed.
        unclear: makes the error of a reason why nobody can tell.
    """
    try:
        found = ids()
    except KeyError as error:
        raise unclear(f"its {error.args[0].replace('_', ' ')} is not recorded") from error
    except QueryFailed as error:
        raise unclear(str(error)) from error
    if len(found) > 1:
        raise unclear(f"it could be each of {', '.join(sorted(found))}")
    return next(iter(found), None)


def not_all(
    where: str, stack: str, why: str, seen: Iterable[InventoryItem], look: str
) -> StillThere:
    """That a part of an account cannot be seen.

    Args:
        where: `account`. look: what to type to see it, line by line.
    """
    listed = "".join(f"\n  {each.name} ({each.type})" for each in seen)
    return StillThere(
        f"not all that is left of {stack} in the {where} can be told: {why}"
        + (f"\nSeen:{listed}" if listed else ""),
        hint=f"Look yourself:\n{look}",
    )


def unclear(entry: Mapping[str, Any], why: str, look: str) -> StillThere:
    """That nobody can tell what an interrupted create made.

    Args:
        entry: the pending resource.
        look: what to type to see everything of its stack.
    """
    name, stack = urns.name_of(entry["urn"]), str(entry["urn"]).split(":")[2]
    return StillThere(
        f"the run before was interrupted while it made {name} ({entry['type']}); it may exist "
        f"and cost money without being recorded, and whether it does cannot be told: {why}; "
        "nothing was changed",
        hint="Look for it among everything that carries the stack's tag:\n"
        f"  {look}\n"
        "If it exists, delete it there. Then tell Pulumi, and go on:\n"
        f"  pulumi refresh --clear-pending-creates -s {stack}",
    )
