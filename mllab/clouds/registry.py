"""All clouds, in the order of the project; an unknown one is an error, none is the default."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Any, Final

from components.resource_types import ROWS, of_cloud
from mllab.accounts.contract import Account, UnknownAccount
from mllab.clouds.aws import AWS
from mllab.clouds.azure import AZURE
from mllab.clouds.contract import ByHand, Cloud
from mllab.clouds.gcp import GCP
from mllab.clouds.local import LOCAL
from mllab.errors import LabError, UsageError

CLOUDS: Final[Mapping[str, Cloud]] = {cloud.name: cloud for cloud in (AWS, AZURE, GCP)}
"""By the name that settings use."""

PLACES: Final[Mapping[str, Cloud]] = {**CLOUDS, LOCAL.name: LOCAL}
"""Where a lab can be: a cloud, or this machine."""

HERE: Final = LOCAL
"""This machine."""

POWER_UNKNOWN: Final = "power unknown"
"""Neither running nor stopped can be told: the provider reads everything but that."""

_WORDS: Final = {"active": "running", "terminated": "stopped", "suspended": "stopped"}
"""Words of one cloud for what all others call differently."""


def of(name: str) -> Cloud:
    """The cloud of that name, or this machine. Raises UsageError."""
    try:
        return PLACES[name]
    except KeyError:
        raise UsageError(f"{name}: there is no such cloud; known are {', '.join(PLACES)}") from None


def called(words: str) -> str:
    """The name of the cloud that a person means by `AWS` or `Google Cloud`; else the words."""
    plain = " ".join(words.lower().split())
    for cloud in PLACES.values():
        if plain in {cloud.name, cloud.title.lower(), *cloud.other_names}:
            return cloud.name
    return words


def require_sdk(cloud: Cloud) -> None:
    """Refuse to go on where an extra is missing, which brings all that the cloud needs.

    Raises:
        LabError: Pulumi's SDK of the cloud is not installed, or what this machine's labs run.
    """
    if find_spec(cloud.needs) is None:
        what = _brought_by(cloud.name) or cloud.needs.replace("_", "-")
        told = f"{cloud.sdk}, Pulumi's SDK for {cloud.title}," if cloud.sdk else cloud.needs
        raise LabError(
            f"{told} is not installed here",
            hint=f"pip install {what}   or, where pipx did it: pipx inject mllab {what}",
        )


def _brought_by(extra: str) -> str:
    """What an extra brings, for a shell; not the extra, as an index may know another `mllab`."""
    # Imported here: it takes time at every start, and only this needs it.
    from importlib import metadata

    try:
        found = metadata.requires("mllab") or ()
    except metadata.PackageNotFoundError:  # plain pulumi runs the checkout without installing it
        return ""
    needs = (need.partition(";") for need in found)
    return shlex.join(name.strip() for name, _, marker in needs if f'"{extra}"' in marker)


def of_package(package: str) -> Cloud | None:
    """The cloud that a package of Pulumi drives; None for other packages."""
    return next((cloud for cloud in PLACES.values() if cloud.package == package), None)


def hint(type: str, code: str) -> str:
    """What helps where a resource of a type is refused with a code; empty where nobody knows.

    Args:
        type: token of Pulumi's.
    """
    cloud = of_package(type.partition(":")[0])
    return cloud.hints.get(code, "") if cloud else ""


def of_types(types: Iterable[str]) -> Cloud | None:
    """The cloud in which recorded resources live; None where they do not tell."""
    found = (of_package(type.partition(":")[0]) for type in types)
    return next(filter(None, found), None)


def accounts(resources: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The accounts in which resources live: AWS accounts, subscriptions, projects.

    They stand in the state after every `up`, also after one that failed or was plain `pulumi`.

    Args:
        resources: entries of a deployment.
    """
    found = (
        cloud.account_of(str(entry.get("id", "")), entry.get("outputs") or {})
        for entry in resources
        if entry.get("custom") and not entry.get("external")
        if (cloud := of_package(str(entry.get("type", "")).partition(":")[0]))
    )
    return frozenset(filter(None, found))


def by_hand(cloud: str) -> ByHand:
    """What a rehearsal does behind a lab's back."""
    marks = {row.by_hand: row.type for row in of_cloud(cloud) if row.by_hand}
    removed = marks.pop("removed")
    [(change, opened)] = marks.items()
    path, _, value = change.partition("=")
    return ByHand(opened, path, {"true": True, "false": False}.get(value, value), removed)


def is_machine(type: str) -> bool:
    """Whether resources of a type are machines, which run and stop."""
    row = ROWS.get(type)
    return row is not None and bool(row.power)


def power(type: str, outputs: Mapping[str, Any]) -> str:
    """`running`, `stopped`, ..., POWER_UNKNOWN; empty for what is no machine.

    Args:
        outputs: of the resource, as last read.
    """
    if not is_machine(type):
        return ""
    if (path := ROWS[type].power) == "unknown":
        return POWER_UNKNOWN
    found: Any = outputs
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    told = str(found or "").lower()
    return _WORDS.get(told, told)


def open_account(package: str, config: Mapping[str, str]) -> Account:
    """The account in which a stack's resources of a package live. Nothing is contacted yet.

    Args:
        package: `aws`, `azure-native`, `gcp`.
        config: Pulumi configuration of the stack.
    """
    cloud = of_package(package)
    return cloud.open_account(config) if cloud else UnknownAccount(package)
