"""`prices refresh`: renews list prices, as a change of files."""

from __future__ import annotations

from collections.abc import Sequence

from mllab.clock import Clock
from mllab.errors import RunFailed
from mllab.lifecycle import prices
from mllab.session.session import project
from mllab.show import console
from mllab.wording import join_limited, pluralize


def refresh(clouds: Sequence[str], regions: Sequence[str]) -> None:
    """Renew the prices of the project's regions, and say what moved, what is kept, and why.

    Raises:
        RunFailed: a vendor did not answer for a region, of which nothing was changed.
    """
    root, err, out = project(), console.stderr(), console.stdout()
    wanted, refused = prices.places(root, clouds, regions)
    for line in refused:
        console.say(err, f"not renewed: {line}", label="note: ", style="yellow")
    outcome = prices.renew(root, wanted, Clock().today(), lambda line: console.say(err, line))
    for report in outcome.reports:
        console.say(out, prices.told(report))
        for line in report.moved:
            console.say(out, line, indent="  ")
        if report.kept:
            console.say(
                out,
                f"no longer listed, kept with its day: {join_limited(report.kept)}",
                indent="  ",
            )
        if report.unasked:
            console.say(
                out,
                f"not in what is asked of the list, kept with its day: "
                f"{join_limited(report.unasked)}",
                indent="  ",
            )
        for line in report.unclear:
            console.say(out, line, label="  not taken: ", indent="    ", style="yellow")
    if outcome.written:
        names = " ".join(path.relative_to(root).as_posix() for path in outcome.written)
        console.say(out, f"Wrote {pluralize(len(outcome.written), 'file')}. Look at the change:")
        console.say(out, f"  git diff {names}")
    if outcome.failures:
        lines = [f"  {failure.message}" for failure in outcome.failures]
        hints = dict.fromkeys(failure.hint for failure in outcome.failures)
        raise RunFailed(
            "not renewed, and their rows are as they were:\n" + "\n".join(lines),
            hint="\n".join(filter(None, hints)),
        )
