"""What accounts told, in short."""

from __future__ import annotations

from collections.abc import Mapping

from mllab.accounts.contract import Grant


def told(grants: Mapping[str, Grant]) -> dict[str, tuple[float | None, float | None]]:
    return {code: (each.limit, each.used) for code, each in grants.items()}
