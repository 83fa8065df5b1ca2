"""Tags that a stack file puts on everything through AWS's provider, beside those of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from components import tags

KEY: Final = "aws:defaultTags"


def faults(given: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Keys that differ from another only in case, each with where it stands.

    IAM takes such keys for one and the same, and refuses every role that has both. The same key in
    the same letters is fine: a resource's own tag goes before the provider's.

    Args:
        given: the value of `aws:defaultTags`, `{tags: {team: ml}}`; what is no such thing is the
            provider's to refuse.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_naming-limits
    """
    found = given.get("tags") if isinstance(given, Mapping) else None
    seen = {key.lower(): key for key in tags.KEYS}
    for key in found if isinstance(found, Mapping) else ():
        other = seen.setdefault(str(key).lower(), str(key))
        if other != key:
            hint = f"write {other}" if other in tags.KEYS else "write both alike"
            words = f"differs from {other} only in case, so IAM would refuse every role; {hint}"
            yield (KEY, "tags", str(key)), f"{words}, or take it out"
