"""The words of a failure."""

from __future__ import annotations

import pytest

from mllab.engines.pulumi.messages import told


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            'resource "urn:pulumi:a::b::t:T::home" cannot be deleted\nbecause it is protected. To',
            "it is protected and must not be deleted",
        ),
        (
            'unable to replace resource "urn:pulumi:a::b::t:T::home"\n'
            "as it is currently marked for protection. To unprotect",
            "it is protected and must not be replaced",
        ),
        (
            'unable to replace resource "urn:pulumi:a::b::t:T::home" as part of replacing "urn:p" '
            "as it is currently marked for protection. To unprotect",
            "it must be deleted before it is made again, and with it home, which is protected",
        ),
        ("resource cannot be deleted: it is in use",) * 2,
    ],
)
def test_protection_is_told_in_the_same_words_on_both_engines(said: str, words: str) -> None:
    assert told([said, said])[0] == words
