"""The files of a review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from mllab.errors import UsageError
from mllab.lifecycle.review.model import Report
from mllab.show.review import diagram, page
from mllab.show.review.markdown import comment
from mllab.show.review.words import loud, verdict

FILES: Final = ("report.md", "report.json", "index.html", "diagram.svg")


def write(report: Report, folder: Path) -> list[Path]:
    """Write all files of a review to a folder; what is there of an earlier one is overwritten.

    Raises:
        UsageError: the folder cannot be written.
    """
    drawn = [one for one in loud(report) if one.nodes]
    texts = (
        comment(report),
        json.dumps(document(report), indent=2) + "\n",
        page.page(report),
        diagram.svg(drawn),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in zip(FILES, texts, strict=True):
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"--out {folder} cannot be written: {error.strerror or error}") from error
    return [folder / name for name in FILES]


def document(report: Report) -> dict[str, Any]:
    """`report.json`, see docs/review.md."""
    said = verdict(report)
    told = report.model_dump(mode="json")
    return {"verdict": {"level": said.level, "text": said.head, "details": said.line}, **told}
