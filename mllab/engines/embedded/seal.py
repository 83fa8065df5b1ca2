"""Secrets in state files: sealed with a key that lies beside them.

What can be secret here is what a program or a provider marks so (a parameter's value, a password).
The lab's own settings hold none. A state file, its journal and its backups are copied around,
attached to bug reports and read over shoulders; a key file is not. So every secret value is
encrypted under 32 random bytes in `<stack>.key` (mode 0600, made when the first secret appears),
and whoever has only the state learns nothing but the length of a secret, and whether two secrets
are equal. It does not protect from somebody who can read the key file, which is everybody who can
run commands as the same user: for that, use Pulumi's engine with a secrets provider.

The standard library has no cipher, and a dependency for this alone would cost every installation.
The construction is the deterministic authenticated encryption of RFC 5297 with other parts: the
synthetic IV is HMAC-
    SHA256 of the text,
the key stream is SHAKE-256 over key and IV. Equal secrets give equal entries, so a run that changes
nothing writes the same bytes.

`pulumi stack import` cannot open these entries; `EmbeddedEngine.export` writes them in clear for
that purpose.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mllab.engines.embedded import drafts
from mllab.errors import StateError

_PREFIX: Final = "mllab1:"
_KEY_BYTES: Final = 32


class Sealer:
    """Seals and opens the secrets of one stack.

    Args:
        key_file: where the key is or will be.
    """

    def __init__(self, key_file: Path) -> None:
        self.path = key_file
        self._known: bytes | None = None

    def seal(self, value: Any) -> Mapping[str, Any]:
        """The entry for a secret. OSError when the key cannot be written."""
        text = json.dumps(value, sort_keys=True, allow_nan=False).encode()
        key = self._key(make=True)
        tag = hmac.digest(key, b"tag" + text, "sha256")
        data = base64.b64encode(tag + _stream(key, tag, text)).decode()
        return {"ciphertext": _PREFIX + data}

    def open(self, entry: Mapping[str, Any]) -> Any:
        """The value in an entry.

        Raises:
            StateError: the key is missing or is another one, or the entry was damaged.
        """
        if "plaintext" in entry:
            return json.loads(entry["plaintext"])
        text = str(entry.get("ciphertext", ""))
        key = self._key(make=False)
        with contextlib.suppress(ValueError):
            data = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
            tag = data[:32]
            clear = _stream(key, tag, data[32:])
            if text.startswith(_PREFIX) and hmac.compare_digest(
                tag, hmac.digest(key, b"tag" + clear, "sha256")
            ):
                return json.loads(clear)
        raise StateError(
            f"a secret in the state cannot be opened with the key in {self.path}",
            hint="Put the key file back that belongs to this state; without it the secret is lost.",
        )

    def _key(self, *, make: bool) -> bytes:
        if self._known is None:
            with contextlib.suppress(FileNotFoundError):
                self._known = self.path.read_bytes()
        # One that is too short has sealed nothing: a key is on the disk before it is used.
        if make and len(self._known or b"") < _KEY_BYTES:
            made = os.urandom(_KEY_BYTES)
            with drafts.into(self.path) as file:
                file.write(made)
            self._known = made
        if self._known is None or len(self._known) != _KEY_BYTES:
            raise StateError(
                f"the state holds secrets, and their key is missing or damaged: {self.path}",
                hint="Put the key file back that belongs to this state; without it the secrets are "
                "lost.",
            )
        return self._known


def clear(value: Any) -> Mapping[str, Any]:
    """The entry of a secret in clear, as `pulumi stack import` takes it."""
    return {"plaintext": json.dumps(value, sort_keys=True, allow_nan=False)}


def _stream(key: bytes, tag: bytes, data: bytes) -> bytes:
    mask = hashlib.shake_256(b"stream" + key + tag).digest(len(data)) if data else b""
    return bytes(one ^ other for one, other in zip(data, mask, strict=True))
