"""The command line: thin, and all but Typer is imported inside the commands: `--help` is quick."""

from __future__ import annotations

import typer

from mllab.commands import error_handler, prices
from mllab.commands import options as take

PREPARE, LOOK, CHANGE = "Prepare (no cloud is contacted)", "Look", "Change"

app = typer.Typer(
    cls=error_handler.Explained,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a bug keeps its traceback, plain and without values
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try it without an account: [bold]mllab rehearse aws-course[/bold]. "
    "Exit codes: 0 done, 1 failed, 2 wrong settings or usage (nothing was contacted), "
    "3 something may still exist or cost money, 130 interrupted.",
)


@app.callback(invoke_without_command=True)
def _options(version: take.Version = False) -> None:
    """A complete machine-learning lab in the cloud from one file, and its removal."""


@app.command(rich_help_panel=PREPARE)
def init(folder: take.Folder = ".") -> None:
    """Make a folder for labs of your own, in a git repository or not; overwrite nothing."""
    from mllab.commands import init as command

    command.init(folder)


@app.command("list", rich_help_panel=PREPARE)
def list_stacks(as_json: take.Json = False) -> None:
    """List the labs of this project, and which of them exist."""
    from mllab.commands.list import list_stacks as run

    run(as_json=as_json)


@app.command(
    rich_help_panel=PREPARE,
    epilog="Without questions: mllab new my-course --set lab.cloud=aws --set region=us-east-1 "
    "--set lab.owner=me@example.edu --set lab.ends=2027-06-30 --set budget.limit_usd=500. "
    "The same lab on another cloud: mllab new gcp-course-2 --from aws-course --cloud gcp. "
    "Again, for the next term: mllab new autumn --from aws-course",
)
def new(
    stack: take.NewStack,
    answers: take.Answers = None,
    source: take.From = None,
    cloud: take.ToCloud = None,
    region: take.ToRegion = None,
    today: take.Today = None,
) -> None:
    """Write a new lab's file by asking, or from --set without a terminal; never overwrite one."""
    from mllab.commands import new as command

    if source is None:
        command.new(stack, answers or [], cloud, region, today)
    else:
        command.from_stack(stack, answers or [], source, cloud, region, today)


@app.command(rich_help_panel=PREPARE)
def check(
    stack: take.StackOrFile,
    today: take.TodayOrFirst = None,
    verbose: take.Verbose = False,
    as_json: take.Json = False,
) -> None:
    """Check a lab's file and the lab that it describes, and say every fault with its line."""
    from mllab.commands import check as command

    command.check(stack, today, verbose=verbose, as_json=as_json)


@app.command(rich_help_panel=PREPARE)
def cost(
    stack: take.Stack,
    today: take.Today = None,
    usage: take.Usage = None,
    compare: take.Compare = False,
    strict: take.Strict = False,
    verbose: take.Verbose = False,
    as_json: take.Json = False,
) -> None:
    """Show what a lab costs asleep, in use and at most, by list prices; no account is needed."""
    from mllab.commands import cost as command

    command.cost(
        stack, today, usage, compare=compare, strict=strict, verbose=verbose, as_json=as_json
    )


@app.command(
    rich_help_panel=PREPARE,
    epilog="In a pull request: mllab review --base origin/main --out review. Exit codes: 0 clean, "
    "1 a rule or a budget is broken, 2 settings are wrong.",
)
def review(
    base: take.Base = None,
    out: take.OutFolder = None,
    today: take.Today = None,
    as_json: take.Json = False,
) -> None:
    """Show what the working tree's changes cost, risk and destroy, against another revision."""
    from mllab.commands import review as command

    command.review(base, out, today, as_json=as_json)


app.add_typer(prices.app, name="prices", rich_help_panel=LOOK)


@app.command(rich_help_panel=PREPARE)
def setup() -> None:
    """Get what real clouds need besides Python: the Pulumi CLI, into a folder of mllab's own."""
    from mllab.commands import setup as command

    command.setup()


@app.command(rich_help_panel=PREPARE)
def rehearse(
    stack: take.Stack,
    engine: take.Engine = None,
    today: take.Today = None,
    keep: take.Keep = False,
    accept_risk: take.AcceptRisk = False,
    verbose: take.Verbose = False,
    as_json: take.Json = False,
) -> None:
    """Play a lab's whole life on a simulated account or here, and prove that nothing is left."""
    from mllab.commands import rehearse as command

    told = {"keep": keep, "accept_risk": accept_risk, "verbose": verbose, "as_json": as_json}
    command.rehearse(stack, today, engine, **told)


@app.command(rich_help_panel=LOOK)
def preview(
    stack: take.Stack,
    simulate: take.Simulate = False,
    engine: take.Engine = None,
    today: take.Today = None,
    rebuild: take.Rebuild = None,
    as_json: take.Json = False,
    verbose: take.Verbose = False,
) -> None:
    """Show what `up` would do and why, going by what is recorded, and change nothing."""
    from mllab.commands import preview as command
    from mllab.session.opening import Choice

    choice = Choice(simulate, engine, today)
    command.preview(stack, choice, rebuild or [], as_json=as_json, verbose=verbose)


@app.command(
    rich_help_panel=CHANGE,
    epilog="In a script: mllab up my-course --yes. Data that would be lost is refused until named: "
    "--delete-data my-course-storage-files",
)
def up(
    stack: take.Stack,
    simulate: take.Simulate = False,
    yes: take.Yes = False,
    delete_data: take.DeleteData = None,
    rebuild: take.Rebuild = None,
    grant: take.Grant = None,
    accept_risk: take.AcceptRisk = False,
    engine: take.Engine = None,
    today: take.Today = None,
    as_json: take.Json = False,
    verbose: take.Verbose = False,
) -> None:
    """Create the lab, or change it to match its file, after showing the plan and asking."""
    from mllab.commands import up as command
    from mllab.session.opening import Choice

    command.up(
        stack,
        Choice(simulate, engine, today),
        yes=yes,
        delete_data=delete_data or [],
        rebuild=rebuild or [],
        grants=grant or [],
        accept_risk=accept_risk,
        as_json=as_json,
        verbose=verbose,
    )


@app.command(rich_help_panel=LOOK)
def outputs(
    stack: take.Stack,
    simulate: take.Simulate = False,
    engine: take.Engine = None,
    today: take.Today = None,
    as_json: take.Json = False,
) -> None:
    """Print what the lab consists of: commands to connect and submit, addresses, names."""
    from mllab.commands import outputs as command
    from mllab.session.opening import Choice

    command.outputs(stack, Choice(simulate, engine, today), as_json=as_json)


@app.command(
    rich_help_panel=LOOK,
    epilog="Secrets stay sealed: by the passphrase that PULUMI_CONFIG_PASSPHRASE or "
    "PULUMI_CONFIG_PASSPHRASE_FILE names, with which Pulumi opens them again. Take the state over: "
    "pulumi stack init my-course, then pulumi stack import -s my-course --file my-course.json",
)
def export(
    stack: take.Stack,
    file: take.To = None,
    show_secrets: take.ShowSecrets = False,
    simulate: take.Simulate = False,
    engine: take.Engine = None,
    today: take.Today = None,
) -> None:
    """Print the lab's state as plain `pulumi stack import` takes it, or write it to a file."""
    from mllab.commands import export as command
    from mllab.session.opening import Choice

    choice = Choice(simulate, engine, today)
    command.export(stack, choice, file=file, show_secrets=show_secrets)


@app.command(rich_help_panel=LOOK)
def status(
    stack: take.Stack,
    simulate: take.Simulate = False,
    engine: take.Engine = None,
    today: take.Today = None,
    as_json: take.Json = False,
) -> None:
    """Compare the lab with the cloud: what runs, is stopped, was changed by hand or is missing."""
    from mllab.commands import status as command
    from mllab.session.opening import Choice

    command.status(stack, Choice(simulate, engine, today), as_json=as_json)


@app.command(rich_help_panel=LOOK)
def connect(
    stack: take.Stack,
    seat: take.Seat = None,
    start: take.Start = False,
    simulate: take.Simulate = False,
    engine: take.Engine = None,
    today: take.Today = None,
) -> None:
    """Open the way to a notebook, and keep it open until Ctrl-C."""
    from mllab.commands import connect as command
    from mllab.session.opening import Choice

    raise typer.Exit(command.connect(stack, seat, Choice(simulate, engine, today), start=start))


@app.command(
    rich_help_panel=CHANGE,
    epilog="In a script: mllab down my-course --yes --delete-data my-course-storage-bucket. "
    "Exit code 3: something is left, and it is named.",
)
def down(
    stack: take.Stack,
    simulate: take.Simulate = False,
    yes: take.Yes = False,
    delete_data: take.DeleteData = None,
    engine: take.Engine = None,
    today: take.Today = None,
    as_json: take.Json = False,
) -> None:
    """Remove the whole lab, after showing what goes and asking, and prove that nothing is left."""
    from mllab.commands import down as command
    from mllab.session.opening import Choice

    choice = Choice(simulate, engine, today)
    command.down(stack, choice, yes=yes, delete_data=delete_data or [], as_json=as_json)


def main(words: list[str] | None = None) -> None:
    """Run the command line; the console script `mllab` and `python cli.py` both come here."""
    error_handler.replace_closed_streams()
    error_handler.hear_requests_to_end()
    app(words)


if __name__ == "__main__":
    main()
