"""Words and lines: durations, types, values, folding."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mllab.engines.contract import Op
from mllab.engines.operations import OPS
from mllab.show.console import say
from mllab.show.words import VALUE_WIDTH, value
from mllab.wording import format_duration, join_limited, pluralize, role, short_type


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.42, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (250, "4 min 10 s"),
        (3599.7, "1 h"),
        (3900, "1 h 5 min"),
        (86400, "1 d"),
        (183_600, "2 d 3 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_a_longer_time_never_reads_shorter(one: float, other: float) -> None:
    units = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

    def read(text: str) -> float:
        words = text.split()
        return sum(float(n) * units[u] for n, u in zip(words[::2], words[1::2], strict=True))

    shorter, longer = sorted((one, other))
    assert read(format_duration(shorter)) <= read(format_duration(longer))
    assert read(format_duration(longer)) == pytest.approx(longer, rel=0.05, abs=0.06)


@pytest.mark.parametrize(
    ("token", "short"),
    [
        ("aws:s3/bucketPolicy:BucketPolicy", "s3/BucketPolicy"),
        ("mllab:aws:Storage", "Storage"),
        ("pulumi:pulumi:Stack", "Stack"),
        ("odd", "odd"),
    ],
)
def test_types(token: str, short: str) -> None:
    assert short_type(token) == short


@pytest.mark.parametrize(
    ("chain", "found"),
    [
        ("mllab:aws:Environment$mllab:aws:Storage$aws:s3/bucket:Bucket", "storage"),
        ("mllab:aws:Environment$mllab:aws:Cluster", "cluster"),
        ("mllab:aws:Environment", "lab"),
        ("aws:s3/bucket:Bucket", "lab"),
    ],
)
def test_roles(chain: str, found: str) -> None:
    assert role(f"urn:pulumi:lab::mllab::{chain}::name") == found


def test_what_is_no_urn_belongs_to_the_lab() -> None:
    assert role("") == "lab"


def test_every_operation_has_its_words() -> None:
    assert set(OPS) == set(Op)
    marks = [word.mark for word in OPS.values()]
    assert len(set(marks)) == len(marks)


@pytest.mark.parametrize(
    ("plain", "text"),
    [
        ({"$unknown": True}, "known after it is made"),
        ({"$secret": True}, "[secret]"),
        ({"a": 1}, '{"a": 1}'),
        (None, "null"),
        (True, "true"),
        ("two\nlines", "two lines"),
    ],
)
def test_values(plain: object, text: str) -> None:
    assert value(plain) == text


@given(st.text())
def test_values_fit_a_table(text: str) -> None:
    assert len(value(text)) <= VALUE_WIDTH
    assert "\n" not in value(text)


def test_counts_and_lists() -> None:
    assert [pluralize(n, "node") for n in (0, 1, 2)] == ["0 nodes", "1 node", "2 nodes"]
    assert join_limited(["a", "b"]) == "a, b"
    assert join_limited(list("abcdefgh")) == "a, b, c, d, e, f and 2 more"


def said(text: str, *, terminal: bool, width: int = 30) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=width, color_system=None)
    say(console, text, "    ", "it: ")
    return out.getvalue().splitlines()


def test_prose_is_folded_between_words_at_a_terminal() -> None:
    assert said("one two three four five six seven", terminal=True) == [
        "it: one two three four five",
        "    six seven",
    ]


def test_a_command_is_never_folded() -> None:
    command = "aws service-quotas request-service-quota-increase --region us-east-1"
    assert said(f"ask:\n  {command}", terminal=True) == ["it: ask:", f"      {command}"]


def test_nothing_is_folded_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert said("word " * 40, terminal=False) == ["it: " + "word " * 40]


def test_markup_in_a_message_is_text() -> None:
    assert said("[bold]x[/bold]", terminal=True) == ["it: [bold]x[/bold]"]
