"""`cost`: what a lab costs, without an account."""

from __future__ import annotations

from pathlib import Path

from mllab.errors import RunFailed
from mllab.lifecycle import cost as lifecycle
from mllab.show import console
from mllab.show.cost import show
from mllab.show.cost_document import document
from mllab.wording import join_limited


def cost(
    stack: str,
    today: str | None,
    usage: Path | None,
    *,
    strict: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Show what a lab costs by list prices.

    Args:
        usage: a file that says what a typical week is; None: the stack's own section does.

    Raises:
        RunFailed: `strict`, and a price is not known.
    """
    session, estimate = lifecycle.price(stack, today, usage)
    term = lifecycle.term(session.declared, session.clock.today())
    budget = lifecycle.budget(session.declared, estimate, term)
    if as_json:
        console.print_json(document(session, estimate, term, budget))
    else:
        show(console.stdout(), session, estimate, term, budget, usage, verbose=verbose)
    if strict and estimate.missing:
        names = sorted({line.charge.item for line in estimate.missing})
        raise RunFailed(
            f"{stack}: not all prices are known: {join_limited(names)}",
            hint=f"What they are for: mllab cost {stack} -v",
        )
