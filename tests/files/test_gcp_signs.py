"""What a machine on Google Cloud tells about itself, and is told: run against a stand-in of its
metadata service."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files.metadata import Asked, Metadata

SCRIPTS = Path(__file__).parent.parent.parent / "components/gcp/files"
INSTANCE = "/computeMetadata/v1/instance"
SIGN = '{"seen_at": 1830000000, "busy_at": 1829999000, "awake_until": 0, "why": "it is \\"x\\""}'
ATTRIBUTES = {"idle-minutes": "90", "max-hours": "24"}


def answer(asked: Asked) -> tuple[int, str]:
    """As documented: nothing without the header that a browser cannot send."""
    if asked.headers.get("metadata-flavor") != "Google":
        return 403, ""
    if (asked.method, asked.path) == ("PUT", f"{INSTANCE}/guest-attributes/mllab/sign"):
        return 200, ""
    name = asked.path.removeprefix(f"{INSTANCE}/attributes/")
    return (200, ATTRIBUTES[name]) if name in ATTRIBUTES else (404, "")


@pytest.fixture
def service() -> Iterator[Metadata]:
    found = Metadata(answer)
    yield found
    found.close()


def run(script: str, root: Path, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPTS / script],
        env={"PATH": "/usr/bin:/bin", "MLLAB_ROOT": str(root), "MLLAB_METADATA": url},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_sign_of_life_is_the_machines_own_guest_attribute(
    tmp_path: Path, service: Metadata
) -> None:
    sign = tmp_path / "run/mllab-watchdog/sign.json"
    sign.parent.mkdir(parents=True)
    sign.write_text(SIGN)
    done = run("heartbeat.sh", tmp_path, service.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert [asked.body for asked in service.asked] == [SIGN]


def test_a_sign_that_is_not_taken_is_a_failure(tmp_path: Path) -> None:
    """As where an organisation forbids guest attributes."""
    closed = Metadata(lambda asked: (403, ""))
    sign = tmp_path / "run/mllab-watchdog/sign.json"
    sign.parent.mkdir(parents=True)
    sign.write_text(SIGN)
    assert run("heartbeat.sh", tmp_path, closed.url).returncode != 0
    closed.close()


def test_limits_are_the_machines_metadata(tmp_path: Path, service: Metadata) -> None:
    done = run("limits.sh", tmp_path, service.url)
    assert (done.returncode, done.stdout) == (0, "IDLE_MINUTES=90\nMAX_HOURS=24\n")


@pytest.mark.parametrize("missing", ATTRIBUTES)
def test_limits_that_cannot_be_told_are_a_failure_and_no_text(missing: str, tmp_path: Path) -> None:
    lacking = Metadata(lambda asked: (404, "") if asked.path.endswith(missing) else answer(asked))
    done = run("limits.sh", tmp_path, lacking.url)
    lacking.close()
    assert done.returncode != 0
    assert done.stdout == ""
