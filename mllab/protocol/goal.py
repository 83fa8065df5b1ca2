"""What the program wants of one resource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mllab.protocol import urns
from mllab.protocol.failure import ProgramError
from mllab.protocol.provider import Properties
from mllab.protocol.wire import decode, decode_value


@dataclass(frozen=True)
class Alias:
    """Another name that a resource had: a whole urn, or what differs from the present one."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass
class Goal:
    """One registration, with everything that its parent hands down once `inherit` has run.

    Args:
        provider: reference `urn::id`, or empty for the default one.
        protect, retain_on_delete, delete_before_replace: None when the program does not say.
        source: `project:///file#line`.
    """

    type: str
    name: str
    custom: bool
    parent: str = ""
    inputs: Properties = field(default_factory=dict)
    provider: str = ""
    providers: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    replacement_trigger: Any = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()
    source: str = ""

    def inherit(self, parent: Goal) -> None:
        """Take over what Pulumi's engine hands down (source_eval.go, inheritFromParent)."""
        self.deleted_with = self.deleted_with or parent.deleted_with
        if self.protect is None:
            self.protect = parent.protect
        if self.retain_on_delete is None:
            self.retain_on_delete = parent.retain_on_delete
        if not self.provider and parent.provider:
            package = urns.provider_package(urns.type_of(urns.provider_urn(parent.provider)))
            if not self.custom or package == urns.package_of(self.type):
                self.provider = parent.provider

    @property
    def needs(self) -> set[str]:
        """Urns of all that must be there before."""
        found = {self.parent, self.deleted_with, *self.dependencies, *self.replace_with}
        for found_in in self.property_dependencies.values():
            found.update(found_in)
        if self.provider:
            found.add(urns.provider_urn(self.provider))
        return found - {""}


def options(goal: Goal) -> dict[str, Any]:
    """The options that were given, by their wire names, for people and rules to look at."""
    found: dict[str, Any] = {
        "version": goal.version,
        "deletedWith": goal.deleted_with,
        "replaceWith": list(goal.replace_with),
        "ignoreChanges": list(goal.ignore_changes),
        "replaceOnChanges": list(goal.replace_on_changes),
        "additionalSecretOutputs": list(goal.additional_secret_outputs),
        "customTimeouts": goal.custom_timeouts,
        "aliases": len(goal.aliases),
        "providers": dict(goal.providers),
    }
    found = {key: value for key, value in found.items() if value}
    for key, said in (
        ("protect", goal.protect),
        ("retainOnDelete", goal.retain_on_delete),
        ("deleteBeforeReplace", goal.delete_before_replace),
    ):
        if said is not None:
            found[key] = said
    return found


def read(request: Any, source: str) -> Goal:
    """The goal of a RegisterResourceRequest.

    Raises:
        ProgramError: it wants something that this engine does not do.
    """
    _refuse(request, source)
    before = request.deleteBeforeReplace
    try:
        inputs = decode(request.object)
        trigger = decode_value(request.replacement_trigger)
    except (ValueError, OSError) as error:
        raise ProgramError(f"{request.name} ({request.type}): {error}", source) from error
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        inputs=inputs,
        provider=request.provider,
        providers=dict(request.providers),
        version=request.version,
        dependencies=sorted(set(request.dependencies)),
        property_dependencies={
            key: sorted(set(found.urns))
            for key, found in sorted(request.propertyDependencies.items())
            if found.urns
        },
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        delete_before_replace=before if request.deleteBeforeReplaceDefined or before else None,
        deleted_with=request.deletedWith,
        replace_with=sorted(set(request.replace_with)),
        replacement_trigger=trigger,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        custom_timeouts=_timeouts(request, source),
        aliases=tuple(_aliases(request)),
        source=source,
    )


def _refuse(request: Any, source: str) -> None:
    wishes = {
        "import_": request.importId,
        "transforms": request.transforms,
        "a component of another language (remote)": request.remote,
        "hooks": request.HasField("hooks") and request.hooks.ByteSize(),
        "state migrations": request.state_migrations,
        "env_var_mappings": request.envVarMappings,
    }
    for wish, given in wishes.items():
        if given:
            raise ProgramError(
                f"{request.name} ({request.type}): the embedded engine does not do {wish}",
                source,
                hint="Leave the option out, or use Pulumi's engine.",
            )


def _aliases(request: Any) -> list[Alias]:
    found = [Alias(urn=urn) for urn in request.aliasURNs]
    for alias in request.aliases:
        if alias.WhichOneof("alias") == "urn":
            found.append(Alias(urn=alias.urn))
            continue
        spec = alias.spec
        found.append(
            Alias(
                name=spec.name,
                type=spec.type,
                stack=spec.stack,
                project=spec.project,
                parent=spec.parentUrn,
                no_parent=spec.noParent,
            )
        )
    return found


_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|us|µs|ns|m|s)")


def _timeouts(request: Any, source: str) -> dict[str, float]:
    """Custom timeouts in seconds, for the record: simulated operations always end in time."""
    found = {}
    for key in ("create", "update", "delete", "read"):
        text = getattr(request.customTimeouts, key)
        if not text:
            continue
        parts = _DURATION.findall(text)
        if "".join(number + unit for number, unit in parts) != text:
            raise ProgramError(
                f"{request.name} ({request.type}): custom_timeouts.{key} is no duration: {text!r}",
                source,
                hint="Write it like 1h30m or 90s.",
            )
        found[key] = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return found
