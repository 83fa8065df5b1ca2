"""Where in the user's program something was declared or went wrong."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from mllab.protocol import urns

_FOREIGN: Final = ("site-packages", "dist-packages")
_ENGINE: Final = tuple(
    f"{Path(__file__).parents[1] / room}{os.sep}" for room in ("engines", "protocol")
)
"""The engines, which lie under the root when the project is run from its own folder."""

_INSTALLED: Final = os.path.realpath(Path(__file__).parents[2])
_COMPONENTS: Final = tuple(
    f"{_INSTALLED}{os.sep}{room}{os.sep}" for room in ("components", "mllab/components")
)
"""What declares a lab: in a checkout, and as the wheel installs it."""


class Sources:
    """Names places relative to the project.

    Args:
        root: the project's folder; what lies outside, or in an installed package, is not the
            user's, apart from the components, which declare every lab.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._names: dict[str, str] = {}

    def declared(self, request: Any) -> str:
        """`components/aws/storage.py#31` of the innermost frame of a request that is the user's."""
        if request.type == urns.STACK_TYPE:
            return ""  # the SDK makes it, not the program
        frames = [frame.pc for frame in request.stackTrace.frames] or [request.sourcePosition]
        for place in frames:
            name = self.name(place.uri)
            if name:
                return f"project:///{name}#{place.line}"
        return ""

    def raised(self, trace: TracebackType | None) -> str:
        """`components/aws/storage.py:31` of the innermost of the user's frames in a traceback."""
        found = ""
        for frame in traceback.extract_tb(trace):
            name = self.name(frame.filename)
            if name:
                found = f"{name}:{frame.lineno}"
        return found

    def name(self, place: str) -> str:
        """A file's path under the root; empty for what is not the user's."""
        known = self._names.get(place)
        if known is None:
            known = self._names[place] = self._relative(place)
        return known

    def _relative(self, place: str) -> str:
        path = unquote(urlsplit(place).path) if "://" in place else place
        if not os.path.isabs(path):  # noqa: PTH117
            return ""
        real = os.path.realpath(path)
        if real.startswith(_COMPONENTS):
            return Path(real).relative_to(_INSTALLED).as_posix()
        if path.startswith(_ENGINE) or any(part in path for part in _FOREIGN):
            return ""
        try:
            return Path(real).relative_to(self._root).as_posix()
        except ValueError:
            return ""
