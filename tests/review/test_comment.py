"""The comment: one, with a marker, in order, and never too long; and the page's own escaping."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mllab.lifecycle.review.model import (
    Cause,
    Changed,
    Finding,
    Hazard,
    Property,
    Report,
    StackReview,
)
from mllab.show.review import diagram
from mllab.show.review.markdown import LIMIT, MARKER, code, comment
from mllab.show.review.page import page
from mllab.show.review.words import compact, differing, loud, verdict
from mllab.show.review.write import FILES, write

NASTY = '<script>alert(1)</script><img src=x onerror=alert(1)> | @someone `x` --> "'


def test_the_comment_says_things_in_their_order(report: Report) -> None:
    text = comment(report)
    assert text.startswith(f"{MARKER}\n**mllab review: the settings of wrong are wrong.**")
    order = ["Compared:", "| US dollars |", "[!CAUTION]", "<details>", "```mermaid"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert text.count(MARKER) == 1
    assert (
        "> - **loses data**: home disk\n>   - `size-notebook-cleo-home` (ebs/Volume)<br>"
        "because of `notebook.seats: without cleo`, `stacks/Pulumi.size.yaml:6`"
    ) in text
    assert "mllab down gone" in text
    assert "old still costs " in text


def test_where_nothing_changes_it_is_one_line(report: Report) -> None:
    same = [one for one in report.stacks if one.stack == "same"]
    quiet = report.model_copy(update={"stacks": same})
    assert loud(quiet) == []
    lines = comment(quiet).splitlines()
    assert lines[0] == MARKER
    assert len(lines) == 2
    assert lines[1].startswith("**mllab review: nothing changes in 1 lab** (the working tree at ")


def test_unknown_money_is_never_shown_as_nothing(report: Report) -> None:
    rows = [line for line in comment(report).splitlines() if line.startswith("| `added` |")]
    cells = rows[0].split("|")[2:]
    assert cells[0] == " **+36.46 + ?**<br>- → 36.46 + ?<br>old prices +6.00 "
    assert cells[1] == " **+1.34**<br>- → 1.34 ", "machines and addresses are known"
    (row,) = (line for line in comment(report).splitlines() if line.startswith("| `wrong` |"))
    assert row.split("|")[2] == " **?**<br>42.96 → ? "
    (row,) = (line for line in comment(report).splitlines() if line.startswith("| `mended` |"))
    assert row.split("|")[5].startswith(" **?**<br>? → "), "the base did not render"
    (row,) = (line for line in comment(report).splitlines() if line.startswith("| `added` |"))
    assert "<br>- → " in row.split("|")[5], "there was no such lab"


def large(seats: int) -> StackReview:
    """A lab in which everything happens to every seat."""
    names = [f"big-notebook-s{number:03}" for number in range(seats)]
    cause = Cause(file="stacks/Pulumi.big.yaml", line=9, text="notebook.size: a -> b")
    return StackReview(
        stack="big",
        file="stacks/Pulumi.big.yaml",
        status="changed",
        operations={"replace": seats},
        hazards=[
            Hazard(kind="data", role="notebook", type="t:a/b:B", names=names, loses="home disk",
                   causes=[cause]),
            Hazard(kind="replaced", role="notebook", type="t:a/c:C", names=names, causes=[cause]),
        ],
        resources=[
            Changed(op="replace", type="t:a/b:B", name=name, role="notebook", source="",
                    properties=[Property(path="x", before="a" * 50, after="b" * 50)])
            for name in names
        ],
    )  # fmt: skip


@pytest.mark.parametrize("seats", [500, 5000])
def test_a_long_comment_leaves_out_detail_and_never_what_is_red(report: Report, seats: int) -> None:
    text = comment(report.model_copy(update={"stacks": [large(seats)]}))
    assert len(text) <= LIMIT
    assert "left out for length" in text.lower()
    assert text.count(f"`{seats}: big-notebook-") == 2
    assert "**loses data**" in text
    assert f"{seats} to replace" in text
    if seats == 500:
        assert all(f"s{number:03}" in text for number in range(seats)), "names fit, so they stand"


def test_what_a_stranger_writes_stays_text(report: Report) -> None:
    stack = large(3).model_copy(update={"faults": [NASTY], "notes": [NASTY], "file": NASTY})
    stack.hazards[0].names[0] = stack.resources[0].name = NASTY
    stack.findings = [Finding(rule="r", resource=NASTY, message=NASTY, state="new", fails=True)]
    stack.resources[0].properties[0].after = NASTY
    nasty = report.model_copy(update={"stacks": [stack], "notes": []})
    found: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend([tag, *(name for name, _ in attrs)])

    Tags().feed(page(nasty))
    assert found.count("script") == 1
    assert not {"img", "onerror"} & set(found)
    for line in comment(nasty).splitlines():
        outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert "<script" not in outside
        assert "@someone" not in outside


def test_a_code_span_holds_anything() -> None:
    assert code("a|b") == "`a\\|b`"
    assert code("`x`") == "`` `x` ``"
    assert code("a\nb") == "`a b`"


def test_names_are_folded_without_losing_one() -> None:
    assert compact(["lab-notebook-ann", "lab-notebook-bob", "lab-notebook-cy"]) == (
        "lab-notebook-{ann, bob, cy}"
    )
    assert compact(["a-ann-home", "a-bob-home", "a-cy-home"]) == "a-{ann, bob, cy}-home"
    assert compact(["one", "other"]) == "one, other"


def test_long_values_are_shown_from_where_they_differ() -> None:
    before, after = {"x": "a" * 90 + "b"}, {"x": "a" * 90 + "c"}
    assert differing(Property(path="p", before=before, after=after)) == (
        'p: ...aaaaaaaaaaaab"} -> ...aaaaaaaaaaaac"}'
    )
    secret = {"$secret": True}
    assert differing(Property(path="p", before=secret, after=secret)) == "p: [secret] -> [secret]"


def test_every_file_is_written_and_can_be_read(report: Report, tmp_path: Path) -> None:
    paths = write(report, tmp_path / "out")
    assert [path.name for path in paths] == list(FILES)
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert told["schema_version"] == 1
    assert told["verdict"]["level"] == "stop"
    told.pop("verdict")
    assert Report.model_validate(told) == report
    picture = ElementTree.parse(tmp_path / "out" / "diagram.svg").getroot()
    words = " ".join(picture.itertext())
    assert "notebook" in words
    assert "loses data" in words


def test_the_diagram_colours_what_happens(report: Report) -> None:
    (size,) = (one for one in report.stacks if one.stack == "size")
    lines = diagram.mermaid(size).splitlines()
    assert lines[0] == "flowchart LR"
    assert any(line.startswith('  notebook["') and line.endswith(":::stop") for line in lines)
    assert any(line.startswith('  budget["') and line.endswith(":::same") for line in lines)
    assert "  network --> storage" in lines


def test_the_verdict_is_of_the_worst(report: Report) -> None:
    def head(*names: str) -> str:
        stacks = [one for one in report.stacks if one.stack in names]
        return verdict(report.model_copy(update={"stacks": stacks})).head

    assert head("size", "moved", "same") == "data would be lost"
    assert head("moved", "same") == "`up` would refuse this"
    assert head("mended", "same") == "the base of mended did not render"
    assert head("wrong", "size") == "the settings of wrong are wrong"
