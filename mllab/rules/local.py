"""What rules must know of labs on this machine; most are about accounts, and it has none."""

from __future__ import annotations

from typing import Final

FOLDER: Final = "mllab-local:index:Folder"
"""Refuses to go while something is in it, unless `forceDestroy` is true."""

SERVER: Final = "mllab-local:index:Server"
"""A process; the keeper of the budget is one, too."""

TYPES: Final = frozenset({FOLDER, SERVER, "mllab-local:index:Notebook"})
"""They take no tags: all of a lab is in one folder, which is named after it."""
