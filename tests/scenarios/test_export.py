"""A lab with secrets moves to plain `pulumi`, sealed all the way, and is as declared."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mllab.clock import SimulatedClock
from mllab.engines.contract import Op
from mllab.engines.pulumi import binary
from mllab.engines.pulumi.engine import PulumiEngine
from mllab.engines.pulumi.passphrase import TEXT
from mllab.engines.pulumi.workspace import SimulatedWorkspace
from tests.scenarios.lives import EmbeddedLab

pytestmark = pytest.mark.engine

PHRASE = "of the one who takes it over"


@dataclass(frozen=True)
class Theirs(SimulatedWorkspace):
    """A workspace with a passphrase of its own."""

    phrase: str = PHRASE

    @contextmanager
    def environment(self) -> Iterator[Mapping[str, str]]:
        with super().environment() as environ:
            yield {**environ, TEXT: self.phrase}


@pytest.fixture
def lab(tmp_path: Path) -> EmbeddedLab:
    """Google's has secrets: the keys of its service accounts."""
    made = EmbeddedLab("gcp", tmp_path)
    assert made.do("up").ok
    return made


def test_plain_pulumi_takes_it_over(
    lab: EmbeddedLab, cli: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TEXT, PHRASE)
    exported, clear = lab.engine().export(), json.dumps(lab.engine().export(clear=True))
    assert "ciphertext" in json.dumps(exported)
    assert "plaintext" not in json.dumps(exported)
    assert "plaintext" in clear

    file = lab.home / "exported.json"
    file.write_text(json.dumps(exported))
    wrong = _import(lab, file, "another one")
    assert wrong.returncode != 0
    assert "incorrect passphrase" in wrong.stderr
    right = _import(lab, file, PHRASE)
    assert right.returncode == 0, right.stderr

    engine = _engine(lab, PHRASE)
    plan = engine.preview()
    assert plan.empty
    assert {step.op for step in plan.steps} <= {Op.SAME, Op.READ}
    assert engine.outputs() == lab.engine().outputs()
    again = json.dumps(engine.export())
    assert "plaintext" not in again
    assert json.dumps(engine.export(clear=True)).count("plaintext") == clear.count("plaintext")


def _workspace(lab: EmbeddedLab, phrase: str) -> Theirs:
    clock = SimulatedClock(datetime(2027, 1, 11, tzinfo=UTC))
    folder = lab.home / phrase.replace(" ", "-")
    return Theirs(folder, lab.target, {"gcp": lab.cloud}, clock, phrase)


def _engine(lab: EmbeddedLab, phrase: str) -> PulumiEngine:
    place = _workspace(lab, phrase)
    return PulumiEngine(lab.target, place, binary.find(lab.home), lab.home, place.clock)


def _import(lab: EmbeddedLab, file: Path, phrase: str) -> subprocess.CompletedProcess[str]:
    _engine(lab, phrase).cli.init()
    place = _workspace(lab, phrase)
    with place.environment() as environ:
        return subprocess.run(
            ["pulumi", "stack", "import", "--stack", lab.stack, "--file", str(file)],
            cwd=place.folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
