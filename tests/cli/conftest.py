"""A project of its own for every test, and an engine that follows a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import cli
from mllab.clock import SimulatedClock
from mllab.session import opening, session
from mllab.session.realm import SimulatedRealm
from tests.cli.scripted import LAB, Account, Scripted, Use, make_project

DAY = ("--today", "2027-01-11")


@dataclass
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]
Sit = Callable[[Sequence[str | None]], list[str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make_project(tmp_path / "project", {"lab": LAB})
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
def _unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print as into a pipe, whatever the test runner says of its own screen."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def run(project: Path) -> Run:
    """Run the command line in this process."""

    def run_words(*words: str) -> Said:
        done = CliRunner().invoke(cli.app, list(words))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    return run_words


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, account: Account) -> Use:
    """Let the next commands run on a scripted engine."""

    def use_script(**script: Any) -> Scripted:
        engine = Scripted(**script)

        def opened(
            root: Path,
            stack: str,
            lab: Any,
            config: Any,
            clock: SimulatedClock,
            home: Path,
            **more: Any,
        ) -> session.Session:
            fault = more.get("fault")
            return session.Session(
                root,
                stack,
                lab,
                engine,  # type: ignore[arg-type]
                clock,
                SimulatedRealm(account),  # type: ignore[arg-type]
                fault,
                config=config,
            )

        monkeypatch.setattr(opening, "on_simulated_cloud", opened)
        return engine

    return use_script


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Sit:
    """Sit a person at the terminal who types the given lines, None for Ctrl-C.

    Returns what was asked.
    """
    from mllab.show import ask

    def sit(answers: Sequence[str | None]) -> list[str]:
        left, asked = list(answers), []

        def prompt(text: str, **_: Any) -> str:
            asked.append(text)
            if (typed := left.pop(0)) is None:
                raise typer.Abort
            return typed

        def confirm(text: str, **_: Any) -> bool:
            return prompt(text) == "y"

        monkeypatch.setattr(ask, "can_ask", lambda: True)
        monkeypatch.setattr(ask.typer, "prompt", prompt)
        monkeypatch.setattr(ask.typer, "confirm", confirm)
        return asked

    return sit
