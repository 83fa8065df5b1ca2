"""The command line: one verb each, thin.

Everything but Typer is imported inside the commands, so that `--help` is quick.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mllab import failures
from mllab.options import (
    Answers,
    DeleteData,
    Grant,
    Json,
    Keep,
    NewStack,
    Simulate,
    Stack,
    Today,
    Yes,
)

PREPARE, LOOK, CHANGE = "Prepare (nothing is contacted)", "Look", "Change"


class Explained(TyperGroup):
    """All commands, with failures that a user can cure turned into messages."""

    def invoke(self, ctx: Any) -> object:
        with failures.explained():
            return super().invoke(ctx)


app = typer.Typer(
    cls=Explained,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a bug keeps its traceback, plain and without values
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try it without an account: [bold]mllab rehearse aws-course[/bold]. "
    "Exit codes: 0 done, 1 failed, 2 wrong settings or usage (nothing was contacted), "
    "3 something may still exist or cost money, 130 interrupted.",
)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)
    ] = False,
) -> None:
    """A complete machine-learning lab in the cloud from one file, and its removal."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"mllab {installed('mllab')}")
        raise typer.Exit


@app.command("list", rich_help_panel=PREPARE)
def list_stacks(as_json: Json = False) -> None:
    """List the labs of this project, and which of them exist."""
    from mllab import stacks
    from mllab.session import project
    from mllab.show import console

    rows = stacks.rows(project())
    if as_json:
        console.print_json({"stacks": [stacks.document(row) for row in rows]})
    elif rows:
        stacks.show_rows(console.stdout(), rows)
    else:
        typer.echo("No labs here yet. Make one: mllab new NAME")


@app.command(
    rich_help_panel=PREPARE,
    epilog="Without questions: mllab new my-course --set lab.cloud=aws --set region=us-east-1 "
    "--set lab.owner=me@example.edu --set lab.ends=2027-06-30 --set budget.limit_usd=500",
)
def new(stack: NewStack, answers: Answers = None, today: Today = None) -> None:
    """Write a new lab's file by asking, or from --set without a terminal; never overwrite one."""
    from mllab import interview
    from mllab.session import clock_from, project
    from mllab.show import ask

    root = project()
    person = ask.question if ask.can_ask() else None
    path = interview.write(root, stack, answers or [], person, clock_from(today).today())
    typer.echo(f"Wrote {path.relative_to(root).as_posix()}. Next: mllab rehearse {stack}")


@app.command(rich_help_panel=PREPARE)
def check(stack: Stack, today: Today = None, as_json: Json = False) -> None:
    """Check a lab's file, and say every fault with its line."""
    from mllab import stacks
    from mllab.errors import SettingsError
    from mllab.session import clock_from, project
    from mllab.settings import files
    from mllab.show import console

    path = files.find(project(), stack)
    try:
        lab = files.load(path, today=clock_from(today).today())
    except SettingsError as error:
        if as_json:
            console.print_json({"stack": stack, "ok": False, "faults": list(error.faults)})
        raise
    summary = stacks.describe(lab)
    if as_json:
        console.print_json({"stack": stack, "ok": True, "faults": [], "summary": summary})
    else:
        typer.echo(f"{stack}: ok. {summary}")


@app.command(rich_help_panel=LOOK)
def preview(
    stack: Stack, simulate: Simulate = False, today: Today = None, as_json: Json = False
) -> None:
    """Show what `up` would do and why, going by what is recorded, and change nothing."""
    from mllab import deploy
    from mllab.graph import graph
    from mllab.session import open_declared
    from mllab.show import console
    from mllab.show.plan import show_plan

    session = open_declared(stack, "preview", simulate=simulate, today=today)
    plan = deploy.plan(session, console.stderr())
    if as_json:
        cloud = session.declared.lab.cloud
        console.print_json(graph(plan, cloud, session.engine.state()))
    else:
        show_plan(console.stdout(), plan, session.title)


@app.command(
    rich_help_panel=CHANGE,
    epilog="In a script: mllab up my-course --simulate --yes. Data that would be lost is refused "
    "until named: --delete-data my-course-storage-files",
)
def up(
    stack: Stack,
    simulate: Simulate = False,
    yes: Yes = False,
    delete_data: DeleteData = None,
    grant: Grant = None,
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Create the lab, or change it to match its file, after showing the plan and asking."""
    from mllab import deploy, quota
    from mllab.session import open_declared
    from mllab.show import ask, console
    from mllab.show.plan import show_plan

    session = open_declared(stack, "up", simulate=simulate, today=today)
    ask.require_terminal(yes, session.command("up"), session.command("preview"))
    if session.cloud is not None:
        quota.grant(session.cloud, grant or [])
    deploy.look(session, console.stderr())
    plan = deploy.plan(session, console.stderr())
    out = console.results(as_json=as_json)
    show_plan(out, plan, session.title)
    release = deploy.losses(session, plan, delete_data or [])
    if not plan.empty and not yes:
        ask.confirm(f"Do this to {stack}?")
        release = deploy.losses(session, plan, delete_data or [])  # data may have come meanwhile
    outcome = None if plan.empty else deploy.up(session, plan, release, console.stderr())
    if as_json:
        console.print_json(deploy.document(session, outcome))
    if outcome is not None:
        deploy.refuse_failures(outcome, session, "up")
    if not as_json:
        deploy.show_next(out, session)


@app.command(rich_help_panel=LOOK)
def outputs(
    stack: Stack, simulate: Simulate = False, today: Today = None, as_json: Json = False
) -> None:
    """Print what the lab consists of: commands to connect and submit, addresses, names."""
    from mllab.graph import stack_outputs
    from mllab.session import open_existing
    from mllab.show import console
    from mllab.show.outputs import show_outputs
    from mllab.show.plan import show_notes

    session = open_existing(stack, "outputs", simulate=simulate, today=today)
    show_notes(console.stderr(), session.notes)
    found = stack_outputs(session.engine.state())
    if as_json:
        console.print_json(found)
    elif found:
        show_outputs(console.stdout(), found)
    else:
        typer.echo(f"{stack} has no outputs: it does not exist. Create it: {session.command('up')}")


@app.command(rich_help_panel=LOOK)
def status(
    stack: Stack, simulate: Simulate = False, today: Today = None, as_json: Json = False
) -> None:
    """Compare the lab with the cloud: what runs, is stopped, was changed by hand or is missing."""
    from mllab import removal
    from mllab import status as comparison
    from mllab.session import open_existing
    from mllab.show import console
    from mllab.show.plan import show_notes
    from mllab.show.status import show_status

    session = open_existing(stack, "status", simulate=simulate, today=today)
    show_notes(console.stderr(), session.notes)
    found = comparison.look(session)
    show_notes(console.stderr(), found.warnings)
    if as_json:
        console.print_json(comparison.document(session, found))
    elif found.findings:
        show_status(console.stdout(), found.findings, session.title, session.command("up"))
    if not found.findings:
        removal.refuse_leftovers(session, removal.left(session))  # the state may have been lost
    if not found.findings and not as_json:
        typer.echo(f"{stack} does not exist. Create it: {session.command('up')}")


@app.command(
    rich_help_panel=CHANGE,
    epilog="In a script: mllab down my-course --simulate --yes "
    "--delete-data my-course-storage-bucket. Exit code 3: something is left, and it is named.",
)
def down(
    stack: Stack,
    simulate: Simulate = False,
    yes: Yes = False,
    delete_data: DeleteData = None,
    today: Today = None,
    as_json: Json = False,
) -> None:
    """Remove the whole lab, after showing what goes and asking, and prove that nothing is left."""
    from mllab import removal
    from mllab.session import open_existing
    from mllab.show import ask, console
    from mllab.show.plan import show_notes

    session = open_existing(stack, "down", simulate=simulate, today=today)
    show_notes(console.stderr(), session.notes)
    ask.require_terminal(yes, session.command("down"), session.command("status"))
    out = console.results(as_json=as_json)
    things, holdings = removal.recorded(session), session.engine.holdings()
    outcome = None
    if things:
        removal.show(out, session, things, holdings)
        release = removal.release(session, holdings, delete_data or [])
        if not yes:
            ask.name(stack)
            # While the question stood, data may have come into what was empty.
            release = removal.release(session, session.engine.holdings(), delete_data or [])
        outcome = removal.down(session, release, len(things), console.stderr())
    remaining = removal.left(session)
    if as_json:
        console.print_json(removal.document(session, things, remaining, outcome))
    removal.refuse_leftovers(session, remaining, outcome)
    if not as_json:
        typer.echo(removal.farewell(session, things))


@app.command(rich_help_panel=PREPARE)
def rehearse(stack: Stack, today: Today = None, keep: Keep = False, as_json: Json = False) -> None:
    """Play a lab's whole life on a simulated account, and prove that nothing is left of it."""
    from mllab import rehearsal
    from mllab.errors import RunFailed
    from mllab.show import console
    from mllab.show import rehearsal as report

    out = console.results(as_json=as_json)
    with rehearsal.stage(stack, today, keep=keep) as stage:
        acts = report.show(out, stage)
        if as_json:
            console.print_json(report.document(stage, acts))
    if keep:
        typer.echo(f"Kept: {stage.folder}", err=True)
    if not all(act.ok for act in acts):
        raise RunFailed(
            f"rehearsal of {stack}: act {len(acts)} differs from what is expected",
            cure=f"To look into its folder: mllab rehearse {stack} --keep",
        )


def main(words: list[str] | None = None) -> None:
    """Run the command line; the console script `mllab` and `python cli.py` both come here."""
    failures.replace_closed_streams()
    app(words)


if __name__ == "__main__":
    main()
