"""One stack to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mllab.lifecycle.review.model import Status


@dataclass(frozen=True)
class Job:
    """What is to be compared.

    Args:
        root, base_root: the project's folder of the working tree and of the base.
        stack: at head, or the one whose file is gone. before: its name at base; empty: it is new.
        home: where the base was brought up, or will be. facts: what `render.bring_up` said of it;
            None where that is still to be done, or there is nothing to compare with.
        code: what declares the lab differs.
    """

    root: Path
    base_root: Path
    stack: str
    before: str
    status: Status
    home: Path
    today: date
    code: bool
    facts: dict[str, Any] | None = None
