"""The rule about what stands in the clear in settings that many can read."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from mllab.engines.contract import Resource
from mllab.rules.clouds import FACTS
from mllab.rules.finding import Break, Graph
from mllab.rules.paths import GONE, at
from mllab.rules.values import rule

_PATHS: Final = {of: paths for each in FACTS for of, paths in each.readable.items()}

_SECRETS: Final = {
    "a private key": (("private key",), r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key of AWS": (("akia", "asia"), r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a key of a storage account": (("accountkey",), r"AccountKey=[A-Za-z0-9+/]{40,}"),
    "a key of an API of Google": (("aiza",), r"\bAIza[A-Za-z0-9_-]{35}\b"),
    "a token of GitHub": (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    ),
    "a token of Hugging Face": (("hf_",), r"\bhf_[A-Za-z0-9]{34}\b"),
    "a password": (
        ("password", "passwd", "secret_key"),
        r"(?i)\b(password|passwd|secret_key)\s*[=:]\s*['\"]?[^\s'\"$<{]{6,}",
    ),
}
"""What is looked for: words without which it is not there, in small letters, and its pattern. The
words are looked for first: a pattern that begins with a boundary is slow, and a lab has a script
of many kilobytes for each seat."""
_KEY: Final = "#!/bin/sh\nexport AWS_ACCESS_KEY_ID=AKIA" + "ABCDEFGHIJKLMNOP"


def _no_secret(resource: Resource, _: Graph) -> Iterable[str]:
    for path in _PATHS[resource.type]:
        for text in _texts(next(at(resource.inputs, path))):
            small = text.casefold()
            for name, (words, pattern) in _SECRETS.items():
                if any(word in small for word in words) and re.search(pattern, text):
                    yield f"{path} holds {name}"


def _texts(value: Any) -> Iterator[str]:
    """All text in a value, decoded where it is in Base64."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str) and value is not GONE:
        yield value
        try:
            yield base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return


def _broken(of: str, path: str) -> Break:
    if path == "containerProperties":
        return Break({path: json.dumps({"environment": [{"name": "x", "value": _KEY}]})}, of)
    if path in ("definition", "metadata", "environment.variables", "gceSetup.metadata"):
        return Break({f"{path}.x": _KEY}, of)
    return Break({path: base64.b64encode(_KEY.encode()).decode()}, of)


RULES: Final = (
    rule("no-secret-in-the-clear", tuple(_PATHS), _no_secret,
         "whoever may look at the machine, or runs on it, reads it",
         "CKV_AWS_46, CKV_AWS_45, AWS-0029, batch_job_definition_no_secrets",
         fix="keep it in the cloud's own store for secrets, and read it with the machine's role",
         wrong=[_broken(of, paths[0]) for of, paths in _PATHS.items()]),
)  # fmt: skip
