"""Files and texts as inputs: they are compared by a hash of their content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from mllab.protocol.values import ASSET, SIGNATURE


def hashed(found: dict[str, Any]) -> dict[str, Any]:
    """An asset or archive with the hash of its content.

    The hash of an archive is this engine's own; Pulumi's covers the packed bytes. After a move of
    the stack to Pulumi's engine an archive is therefore uploaded once more, and nothing else
    differs.

    Raises:
        OSError: the file cannot be read.
    """
    return {**found, "hash": _digest(found).hexdigest()}


def _digest(found: dict[str, Any]) -> hashlib._Hash:
    digest = hashlib.sha256()
    if "text" in found:
        digest.update(found["text"].encode())
    elif "path" in found:
        path = Path(found["path"])
        if path.is_dir():
            for file in sorted(item for item in path.rglob("*") if item.is_file()):
                digest.update(f"{file.relative_to(path).as_posix()}\n".encode())
                digest.update(file.read_bytes())
        else:
            digest.update(path.read_bytes())
    elif "assets" in found:
        for name, part in sorted(found["assets"].items()):
            digest.update(f"{name}\n".encode())
            digest.update(part.get("hash", "").encode())
    else:
        kind = "asset" if found.get(SIGNATURE) == ASSET else "archive"
        digest.update(f"{kind} {found.get('uri', '')}".encode())
    return digest
