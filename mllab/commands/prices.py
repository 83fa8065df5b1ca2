"""`prices`: a group of verbs; nothing but Typer is imported before one is used."""

from __future__ import annotations

import typer

from mllab.commands import options as take
from mllab.commands.error_handler import Explained

app = typer.Typer(cls=Explained, no_args_is_help=True, rich_markup_mode="rich")


@app.callback()
def _group() -> None:
    """Renew the list prices that costs are summed of."""


@app.command()
def refresh(clouds: take.Clouds = None, regions: take.Regions = None) -> None:
    """Renew list prices from the vendors' own lists, as a change of files to look at."""
    from mllab.commands import prices_refresh as command

    command.refresh(clouds or [], regions or [])
