"""`rehearse`: a lab's whole life, on a simulated account or on this machine."""

from __future__ import annotations

import typer

from mllab.errors import RunFailed
from mllab.lifecycle import rehearsal
from mllab.session.opening import Choice
from mllab.show import console
from mllab.show import rehearsal as report


def rehearse(
    stack: str,
    today: str | None,
    engine: str | None,
    *,
    keep: bool,
    accept_risk: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Play a lab's whole life on a simulated account or here, and prove that nothing is left."""
    out = console.results(as_json=as_json)
    driver = Choice(simulate=True, engine=engine).driver
    with rehearsal.stage(stack, today, driver, keep=keep, accept_risk=accept_risk) as stage:
        acts = report.show(out, stage, verbose=verbose)
        if as_json:
            console.print_json(report.document(stage, acts))
    if keep:
        typer.echo(f"Kept: {stage.folder}", err=True)
    if not all(act.ok for act in acts):
        raise RunFailed(
            f"rehearsal of {stack}: act {len(acts)} differs from what is expected",
            hint=f"To look into its folder: mllab rehearse {stack} --keep",
        )
