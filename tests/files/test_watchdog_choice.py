"""What a settings file chooses: which probes are not asked, and what a warning calls that stops."""

from __future__ import annotations

import pytest

from components.files.probes import EVIDENCE, ORDERS
from tests.files.watched import MINUTE, Watched


@pytest.mark.parametrize(
    ("skipped", "said"),
    [
        ("GPU network set-up", "stop: nothing in use for 10 of 10 min"),
        ("GPU disk", "stay: network 30 KB/s"),
        ("none-of-them", "stay: network 30 KB/s"),
    ],
)
def test_skipped_probes_are_no_evidence(skipped: str, said: str, watched: Watched) -> None:
    watched.settings["SKIP"] = skipped
    watched.quiet(10)
    watched.network(30_000 * 5 * MINUTE)
    assert watched.look(15).split(";")[0] == said
    rows = (watched.folder / "report").read_text().splitlines()[1:]
    left = [name for name in (*EVIDENCE, *ORDERS) if name not in skipped.split()]
    assert [row.split()[0] for row in rows] == left


def test_a_warning_names_what_stops(watched: Watched) -> None:
    (watched.terminals / "3").touch()
    watched.settings |= {"WHAT": "JupyterLab of ada", "SKIP": "GPU"}
    watched.looks(5, 10)
    assert "*** mllab: JupyterLab of ada stops in " in (watched.terminals / "3").read_text()
