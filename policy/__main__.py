"""The rules of `mllab check` as a policy pack: `pulumi preview --policy-pack policy`.

One policy per rule, so that each can be switched off by its id; what is not kept, but need not be,
is told by `warnings`. The engine tells a pack neither `retain_on_delete` nor where a resource is
declared: `mllab check` sees both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the pack's own mllab

from mllab.clock import Clock  # noqa: E402
from mllab.engines.contract import Resource  # noqa: E402
from mllab.rules import accepted  # noqa: E402
from mllab.rules.finding import Finding, Rule  # noqa: E402
from mllab.rules.judge import RULES, judge, own_waivers  # noqa: E402
from mllab.settings import files  # noqa: E402
from mllab.settings.lab import Lab  # noqa: E402

Report = Callable[..., None]

UNKNOWN = {"$unknown": True}

inputs: dict[str, Mapping[str, Any]] = {}
"""By urn: what the program says. Policies of a whole stack are shown outputs alone."""


def remember(args: ResourceValidationArgs, _: Report) -> None:
    """Keep what a resource is declared with."""
    inputs[args.urn] = plain(args.props)


def plain(value: Any) -> Any:
    """A value without proxies; unknown as the rules have it."""
    if isinstance(value, Mapping):
        return {key: known(partial(value.__getitem__, key)) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [known(partial(value.__getitem__, number)) for number in range(len(value))]
    if isinstance(value, pulumi.Asset | pulumi.Archive):
        return {}
    return value


def known(get: Callable[[], Any]) -> Any:
    """A value, or that it is not known yet."""
    try:
        return plain(get())
    except UnknownValueError:
        return UNKNOWN


def resource(each: PolicyResource) -> Resource:
    """A resource as the rules know it."""
    return Resource(
        urn=each.urn,
        type=each.resource_type,
        name=each.name,
        custom=not each.resource_type.startswith(("mllab:", "pulumi:")),
        parent=each.parent.urn if each.parent else "",
        inputs=inputs.get(each.urn, {}),
        property_dependencies={
            key: tuple(one.urn for one in found)
            for key, found in each.property_dependencies.items()
        },
        options={"protect": each.opts.protect},
    )


def findings(rules: Sequence[Rule], args: StackValidationArgs) -> tuple[Finding, ...]:
    """What the stack that is being planned does against rules."""
    lab, where, rows = settings(args.resources[0].urn.split(":")[2])
    found = judge(map(resource, args.resources), lab, where=where, rules=rules)
    return accepted.accept(found, rows, lab.stack, Clock().today())


def project() -> Path:
    """Where the program of the stack runs: Pulumi starts a pack in the pack's own folder, by a
    process that stands in the project's. Without /proc it is the project that the pack is in."""
    caller = Path(f"/proc/{os.getppid()}/cwd")
    return caller.resolve() if caller.exists() else Path.cwd()


@cache
def settings(
    stack: str,
) -> tuple[Lab, Callable[[str], str], tuple[accepted.Accepted, ...]]:
    """A lab, where each of its settings stands, and its waivers; read once for all rules."""
    root = files.project_root(project())
    path = files.find(root, stack)
    return files.load(path), files.places(path), own_waivers(root)


def refuse(rule: Rule, args: StackValidationArgs, report: Report) -> None:
    """Report what must be put right."""
    for found in findings([rule], args):
        if found.fails:
            report(text(found), found.urn)


def warn(args: StackValidationArgs, report: Report) -> None:
    """Report what need not be, and what is accepted for a reason."""
    for found in findings(RULES, args):
        if not found.fails:
            report(f"{found.rule}: {text(found)}", found.urn)


def text(found: Finding) -> str:
    """A finding in one line."""
    if found.waived:
        return f"{found.message}; accepted: {found.waived}"
    decided = f" ({found.setting})" if found.setting else ""
    return f"{found.message}; {found.fix}{decided}"


PolicyPack(
    name="mllab",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        ResourceValidationPolicy(
            name="remember", description="Keeps what is declared for the others.", validate=remember
        ),
        *(
            StackValidationPolicy(
                name=rule.id, description=rule.reason, validate=partial(refuse, rule)
            )
            for rule in RULES
        ),
        StackValidationPolicy(
            name="warnings",
            description="What is against a rule, and need not keep to it.",
            enforcement_level=EnforcementLevel.ADVISORY,
            validate=warn,
        ),
    ],
)
