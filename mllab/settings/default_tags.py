"""Tags that a stack file puts on everything through the provider, beside those of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from components import tags

# Letters of every alphabet, but no capitals.
_LABEL_KEY: Final = re.compile(r"[^\W\d_][\w-]{0,62}")
_LABEL_VALUE: Final = re.compile(r"[\w-]{0,63}")
_IN_METADATA: Final = re.compile(r"(?!(?:\.|\.\.|_index)$)[0-9a-zA-Z_+=,.@:-]{1,255}")


def faults(given: Any, *, machines: bool) -> Iterator[tuple[tuple[str, ...], str]]:
    """Keys that AWS would refuse on something of a lab, each with where it stands.

    IAM takes keys that differ from another only in case for one and the same, and refuses every
    role that has both. The same key in the same letters is fine: a resource's own tag goes before
    the provider's. EC2 refuses machines that read their tags from the metadata service, as
    notebooks do, with a key that cannot be part of an address there.

    Args:
        given: the value of `aws:defaultTags`, `{tags: {team: ml}}`; what is no such thing is the
            provider's to refuse.
        machines: notebooks are machines of EC2.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_naming-limits,
        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html,
        https://github.com/terraform-aws-modules/terraform-aws-eks/issues/1785
    """
    found = given.get("tags") if isinstance(given, Mapping) else None
    seen = {key.lower(): key for key in tags.KEYS}
    for key in map(str, found if isinstance(found, Mapping) else ()):
        other = seen.setdefault(key.lower(), key)
        if other != key:
            hint = f"write {other}" if other in tags.KEYS else "write both alike"
            words = f"differs from {other} only in case, so IAM would refuse every role; {hint}"
            yield ("tags", key), f"{words}, or take it out"
        if machines and not _IN_METADATA.fullmatch(key):
            words = "is no key for machines that read their own tags, so EC2 would refuse every"
            hint = "write it with letters, digits and + - = . , _ : @ alone, or take it out"
            yield ("tags", key), f"{words} notebook; {hint}"


def label_faults(given: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Labels that Google Cloud would refuse on every resource, each with where it stands.

    Args:
        given: the value of `gcp:defaultLabels`, `{team: ml}`; what is no such thing is the
            provider's to refuse.
    Source: https://docs.cloud.google.com/resource-manager/docs/labels-overview#requirements,
        https://github.com/hashicorp/terraform-provider-google/issues/22246
    """
    letters = "lower-case letters, digits, - and _ alone"
    refused = "for a label, so Google Cloud would refuse every resource; write it with"
    for key, value in given.items() if isinstance(given, Mapping) else ():
        if not _fits(_LABEL_KEY, str(key)):
            words = f"is no key {refused} 1 to 63 {letters}, a letter first, or take it out"
            yield (str(key),), words
        if not isinstance(value, str | int | float):
            continue
        text = value if isinstance(value, str) else json.dumps(value)
        if not _fits(_LABEL_VALUE, text):
            words = f"has no value {refused} at most 63 {letters}, or take it out"
            yield (str(key),), f"{words} (got {text[:70]!r})"


def _fits(pattern: re.Pattern[str], text: str) -> bool:
    return text == text.lower() and pattern.fullmatch(text) is not None
