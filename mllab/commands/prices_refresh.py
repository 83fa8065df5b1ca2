"""`prices refresh`: renews list prices, as a change of files."""

from __future__ import annotations

from collections.abc import Sequence

from mllab.clock import Clock
from mllab.lifecycle import prices
from mllab.session.session import project
from mllab.show import console
from mllab.wording import join_limited, pluralize


def refresh(clouds: Sequence[str], regions: Sequence[str]) -> None:
    """Renew the prices of the project's regions, and say what moved, what is kept, and why."""
    root, err, out = project(), console.stderr(), console.stdout()
    wanted, refused = prices.places(root, clouds, regions)
    for line in refused:
        console.say(err, f"not renewed: {line}", label="note: ", style="yellow")
    reports, written = prices.renew(
        root, wanted, Clock().today(), lambda line: console.say(err, line)
    )
    for report in reports:
        console.say(out, prices.told(report))
        for line in report.moved:
            console.say(out, line, indent="  ")
        if report.kept:
            console.say(
                out,
                f"no longer listed, kept with its day: {join_limited(report.kept)}",
                indent="  ",
            )
        for line in report.unclear:
            console.say(out, line, label="  not taken: ", indent="    ", style="yellow")
    if written:
        names = " ".join(path.relative_to(root).as_posix() for path in written)
        console.say(out, f"Wrote {pluralize(len(written), 'file')}. Look at the change:")
        console.say(out, f"  git diff {names}")
    else:
        console.say(out, "Nothing has changed.")
