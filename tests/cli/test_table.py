"""Tables of resources: nothing that they say is cut off, however narrow the screen."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from mllab.show import table
from mllab.show.table import Row

NOTES = (
    "home disk: 10 GB disk, in use since 2026-11-21",
    "replaced because something that it needs is deleted first, components/gcp/stops.py:66",
    "tags changed\nwhere.is.it.path: 2027-02-05 -> 2027-03-05",
)


def printed(rows: list[Row], width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(table.resources({"notebook": rows}, width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("mark", ["-", "+-", "power unknown"])
@pytest.mark.parametrize(
    "name", ["lab-notebook-ann", "gcp-tiny-budget-mail-toinstructorexam3j85k4xg"]
)
@pytest.mark.parametrize("width", [76, 79, 80, 81, 100, 109, 110, 120, 160])
def test_every_word_of_a_note_is_there(width: int, name: str, mark: str, note: str) -> None:
    rows = [Row(Text(mark), name, "a:b/c:Kind", Text(note)), Row(Text("-"), "x", "a:b/c:Kind")]
    lines = printed(rows, width)
    assert max(map(len, lines)) <= width
    left = iter("".join("".join(lines).split()))
    assert all(letter in left for letter in "".join(note.split()))


def test_a_long_name_is_folded_and_never_cut() -> None:
    name = "abcdefghij-klmnopqrst-uvwxyz12-notebook-student-abcdefghij01-home-attachment"
    lines = printed([Row(Text("-"), name, "a:b/c:Kind", Text(NOTES[0]))], 80)
    left = iter("".join("".join(lines).split()))
    assert all(letter in left for letter in name)
