"""What a settings file chooses: which probes are evidence, and what a warning calls that stops."""

from __future__ import annotations

import pytest

from tests.files.watched import MINUTE, Watched


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        ("kernels keep-awake", "stop: nothing in use for 10 of 10 min"),
        ("CPU network", "stay: network 30 KB/s"),
        ("", "stay: network 30 KB/s"),
        ("keep-awake", "stay: network 30 KB/s"),
        ("gpu Network", "stay: network 30 KB/s"),
    ],
)
def test_only_chosen_probes_are_evidence_and_without_any_all_are(
    probes: str, said: str, watched: Watched
) -> None:
    watched.settings["PROBES"] = probes
    watched.quiet(10)
    watched.network(30_000 * 5 * MINUTE)
    assert watched.look(15).split(";")[0] == said


def test_a_warning_names_what_stops(watched: Watched) -> None:
    (watched.terminals / "3").touch()
    watched.settings |= {"WHAT": "JupyterLab of ada", "PROBES": "kernels"}
    watched.looks(5, 10)
    assert "*** mllab: JupyterLab of ada stops in " in (watched.terminals / "3").read_text()
