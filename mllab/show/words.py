"""Values of properties in one short line."""

from __future__ import annotations

import json
from typing import Any, Final

VALUE_WIDTH: Final = 60
"""Characters of a property's value that a table shows; `--json` has all of it."""


def value(plain: Any) -> str:
    """A property's value in one short line."""
    if isinstance(plain, dict) and len(plain) == 1:
        if "$unknown" in plain:
            return "known after it is made"
        if "$secret" in plain:
            return "[secret]"
    text = plain if isinstance(plain, str) else json.dumps(plain, default=str, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= VALUE_WIDTH else text[: VALUE_WIDTH - 3] + "..."
