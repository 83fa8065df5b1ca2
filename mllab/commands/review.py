"""`review`: what a change of stack files or components costs, risks and destroys."""

from __future__ import annotations

from pathlib import Path

import typer

from mllab.lifecycle.review import run
from mllab.session.session import clock_from, project
from mllab.show import console
from mllab.show.review import terminal, write


def review(base: str | None, out: Path | None, today: str | None, *, as_json: bool) -> None:
    """Hold the working tree against a revision, and write the report.

    Raises:
        typer.Exit: 1 where a rule or a budget is broken, 2 where settings are wrong.
    """
    root, err = project(), console.stderr()
    with err.status("Rendering the labs of both revisions"):
        report = run.review(root, base, clock_from(today).today())
    files = write.write(report, out) if out else []
    if as_json:
        console.print_json(write.document(report))
    else:
        terminal.show(console.stdout(), report)
    for path in files:
        console.say(err, str(path), label="wrote: ", style="dim")
    if report.exit_code:
        raise typer.Exit(report.exit_code)
