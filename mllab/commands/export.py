"""`export`: the state as plain `pulumi stack import` takes it."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from mllab.errors import LabError, UsageError
from mllab.protocol.deployment import entries
from mllab.session.opening import Choice, open_existing
from mllab.show import console
from mllab.show.plan import note, show_notes


def export(stack: str, choice: Choice, *, file: Path | None, show_secrets: bool) -> None:
    """Print the state, or write it to a new file for the owner alone."""
    from mllab.engines.pulumi.private import write_new

    err = console.stderr()
    session = open_existing(stack, choice, note(err))
    show_notes(err, session.notes)
    found = session.engine.export(clear=show_secrets)
    if not entries(found):
        raise UsageError(
            f"{stack} has no state: it does not exist", hint=f"Create it: {session.command('up')}"
        )
    if file is None:
        console.print_json(found)
        return
    try:
        write_new(file, json.dumps(found, indent=2) + "\n")
    except FileExistsError as error:
        raise UsageError(
            f"{file} exists, and is left alone", hint="Name a file that does not exist."
        ) from error
    except OSError as error:
        raise LabError(
            f"{file} cannot be written: {error.strerror or error}",
            hint="Name a file in a folder where you may write.",
        ) from error
    typer.echo(f"Wrote {file}. Take it over with:  pulumi stack import -s {stack} --file {file}")
