"""What comes after `up`: the next commands, or the report of it as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console

from mllab.engines.contract import Outcome, Step
from mllab.protocol.deployment import stack_outputs
from mllab.session.session import Session
from mllab.show.outputs import show_lab


def show_next(console: Console, session: Session) -> None:
    """Print what a person does next: connect, submit, look, remove."""
    show_lab(console, stack_outputs(session.engine.state()))
    console.print("then", style="bold")
    for verb in ("status", "down"):
        console.print(f"  {session.command(verb)}", markup=False, soft_wrap=True)
    if session.realm.remark:
        console.print(session.realm.remark, style="dim")


def document(session: Session, outcome: Outcome | None) -> dict[str, Any]:
    """What `up --json` prints; without an outcome there was nothing to do."""
    return {
        "stack": session.stack,
        "engine": session.engine.name,
        "simulated": session.realm.simulated,
        "ok": outcome is None or outcome.ok,
        "steps": [_step(step) for step in outcome.steps] if outcome else [],
        "failures": [asdict(failure) for failure in outcome.failures] if outcome else [],
        "outputs": stack_outputs(session.engine.state()),
        "seconds": outcome.seconds if outcome else 0.0,
        "warnings": list(outcome.warnings) if outcome else [],
    }


def _step(step: Step) -> dict[str, Any]:
    keys = ("urn", "type", "name", "custom", "op", "status", "reason", "seconds", "error")
    return {key: getattr(step, key) for key in keys}
