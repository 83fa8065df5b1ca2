"""A folder of one's own for labs: what Pulumi and `mllab` look for in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mllab.errors import UsageError
from mllab.rules.accepted import NAME as WAIVERS
from mllab.settings.files import FOLDER, is_ours

_TEXTS: Final = Path(__file__).parent / "files"
_IGNORED: Final = ".gitignore"
FILES: Final[Mapping[str, str]] = {
    "Pulumi.yaml": "Pulumi.yaml",
    "__main__.py": "main.py",
    _IGNORED: "gitignore",
    WAIVERS: WAIVERS,
}
"""File of the project -> where its text is."""


@dataclass(frozen=True)
class Made:
    """What has come of a folder.

    Args:
        files: that are new. ignore: lines that its own `.gitignore` lacks.
    """

    files: tuple[str, ...]
    ignore: tuple[str, ...]


def write(folder: Path) -> Made:
    """Make a project of a folder; what is there stays as it is.

    Raises:
        UsageError: it is another project's, or cannot be written.
    """
    texts = {name: (_TEXTS / source).read_text("utf-8") for name, source in FILES.items()}
    made = []
    try:
        for name in FILES.keys() - {_IGNORED}:
            _refuse_foreign(folder / name, texts[name])
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            if not (folder / name).exists():
                with (folder / name).open("x", encoding="utf-8") as file:
                    file.write(text)
                made.append(name)
        ignored = (folder / _IGNORED).read_text("utf-8", errors="replace").splitlines()
    except OSError as error:
        what = error.filename or folder
        raise UsageError(f"{what} cannot be written: {error.strerror or error}") from error
    wanted = [line for line in texts[_IGNORED].splitlines() if not line.startswith("#")]
    return Made(tuple(made), tuple(line for line in wanted if line not in ignored))


def _refuse_foreign(path: Path, text: str) -> None:
    """Refuse a file of that name with another meaning."""
    if not path.exists():
        return
    found = path.read_text("utf-8", errors="replace")
    if path.name == WAIVERS:
        found = "".join(found.splitlines(keepends=True)[:1])  # the rows are the project's own
    if found != text and not (path.name == "Pulumi.yaml" and is_ours(found)):
        raise UsageError(
            f"{path} is there already and of another project; nothing was changed",
            hint="Take a folder of its own: mllab init labs",
        )
