"""Arguments and options that commands share; nothing but Typer is imported before they are used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _stacks(incomplete: str) -> list[str]:
    """Stack names for shell completion; none rather than a failure."""
    from mllab.errors import LabError
    from mllab.session.session import project
    from mllab.settings import files

    try:
        return [name for name in files.names(project()) if name.startswith(incomplete)]
    except (LabError, OSError):
        return []


Stack = Annotated[
    str,
    typer.Argument(
        help="The lab: [bold]x[/bold] stands for stacks/Pulumi.x.yaml.",
        metavar="STACK",
        autocompletion=_stacks,
        show_default=False,
    ),
]
StackOrFile = Annotated[
    str,
    typer.Argument(
        help="The lab, or the path of its file.",
        metavar="STACK",
        autocompletion=_stacks,
        show_default=False,
    ),
]
Seat = Annotated[
    str | None,
    typer.Argument(help="Whose notebook; where there is one, it is that.", show_default=False),
]
Start = Annotated[bool, typer.Option("--start", help="Start the machine first, if it is stopped.")]
Simulate = Annotated[
    bool, typer.Option("--simulate", help="Use the simulated cloud of this folder, no account.")
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="NAME",
        help="embedded or pulumi. Real clouds: always pulumi; simulated ones: embedded, if not "
        "said otherwise.",
        show_default=False,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout, all else on stderr.")
]
Today = Annotated[
    str | None,
    typer.Option(
        "--today", metavar="YYYY-MM-DD", help="Take this day for today.", show_default=False
    ),
]
TodayOrFirst = Annotated[
    str | None,
    typer.Option(
        "--today",
        metavar="YYYY-MM-DD",
        help="Take this day for today; first: the lab's own first day.",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. Data still has to be named.")]
DeleteData = Annotated[
    list[str] | None,
    typer.Option(
        "--delete-data",
        metavar="NAME",
        help="Let the data of this resource go; repeatable.",
        show_default=False,
    ),
]
Rebuild = Annotated[
    list[str] | None,
    typer.Option(
        "--rebuild",
        metavar="SEAT",
        help="Make this seat's machine anew; its home disk stays, where it has one. Repeatable.",
        show_default=False,
    ),
]
AcceptRisk = Annotated[
    bool,
    typer.Option(
        "--accept-risk",
        help="Make a lab that can take more than its budget if nobody intervenes.",
    ),
]
Clouds = Annotated[
    list[str] | None,
    typer.Option(
        "--cloud",
        metavar="NAME",
        help="Of this cloud only; by default those of the project's labs. Repeatable.",
        show_default=False,
    ),
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="NAME",
        help="Of this region; by default those of the project's labs. Repeatable.",
        show_default=False,
    ),
]
Grant = Annotated[
    list[str] | None,
    typer.Option(
        "--grant",
        metavar="CODE=NUMBER",
        help="Raise a quota of the simulated account first, or switch an API on (its name alone);"
        " repeatable.",
        show_default=False,
    ),
]
Folder = Annotated[
    str, typer.Argument(help="Folder, new or not; by default the present one.", metavar="DIR")
]
NewStack = Annotated[
    str, typer.Argument(help="Name of the new lab.", metavar="STACK", show_default=False)
]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Answer a question; repeatable.", show_default=False
    ),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="STACK",
        help="Take this lab for it, in another cloud or for the next term.",
        autocompletion=_stacks,
        show_default=False,
    ),
]
ToCloud = Annotated[
    str | None,
    typer.Option(
        "--cloud",
        metavar="NAME",
        help="The cloud, as lab.cloud names it; by default that of --from.",
        show_default=False,
    ),
]
ToRegion = Annotated[
    str | None,
    typer.Option(
        "--region",
        help="Region, if not the one in the same place; for --from.",
        show_default=False,
    ),
]
To = Annotated[
    Path | None,
    typer.Option(
        "--file", metavar="FILE", help="Write a new file, not stdout.", show_default=False
    ),
]
ShowSecrets = Annotated[
    bool, typer.Option("--show-secrets", help="Secrets in clear. Nobody else may see that.")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mllab {version('mllab')}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", help="Show the version and exit.", is_eager=True, callback=_show_version
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show everything, nothing shortened.")
]
Usage = Annotated[
    Path | None,
    typer.Option(
        "--usage",
        metavar="FILE",
        help="Take a typical week from this file, like `seat_hours: 6`, not from the lab's own.",
        show_default=False,
    ),
]
Compare = Annotated[
    bool,
    typer.Option(
        "--compare", help="Show the same lab on every cloud and in this one's cheapest regions."
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Fail where a price is not known.")]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the folder of the simulated account.")]
Base = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="REV",
        help="Compare with where the branch left this one; by default origin's main branch.",
        show_default=False,
    ),
]
OutFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Write report.md, report.json, index.html and diagram.svg there.",
        show_default=False,
    ),
]
