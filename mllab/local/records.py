"""What is on disk of a server, for the owner's eyes alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mllab.engines.embedded.drafts import into
from mllab.local.service import Place


def make_folder(place: Place) -> Path:
    """The server's own folder, closed to others, as are those above it up to the lab's."""
    for folder in (place.lab, place.lab / "run", place.run):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    return place.run


def write_text(path: Path, text: str) -> None:
    """Replace a file as a whole; mode 0600."""
    with into(path) as file:
        file.write(text.encode())


def write(path: Path, data: dict[str, Any]) -> None:
    """Replace a JSON file as a whole; mode 0600."""
    write_text(path, json.dumps(data, indent=2, sort_keys=True) + "\n")


def read(path: Path) -> dict[str, Any]:
    """A JSON file's object; an empty one where there is no such file, or no such object in it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
