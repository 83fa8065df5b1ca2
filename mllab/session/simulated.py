"""Opens simulated accounts; nothing of a cloud is loaded before it is used."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mllab.clouds import registry

if TYPE_CHECKING:
    from mllab.simulated.account import SimulatedAccount


def simulated_account(cloud: str, folder: Path) -> SimulatedAccount:
    """The simulated account of a cloud that lives in a folder.

    Args:
        cloud: `aws`: its package below `mllab.simulated` has the class as `ACCOUNT`.
    """
    account: type[SimulatedAccount] = import_module(f"mllab.simulated.{cloud}.cloud").ACCOUNT
    return account(folder / f"{cloud}.db")


def regions(cloud: str) -> Collection[str]:
    """The regions that the simulated cloud knows; a cloud may have younger ones.

    A lab on this machine is in none, and needs no simulated cloud.
    """
    if registry.of(cloud).here:
        return [""]
    known: Collection[str] = import_module(f"mllab.simulated.{cloud}.places").regions()
    return known
