"""`cost`: what a lab costs, without an account."""

from __future__ import annotations

from pathlib import Path

from mllab.errors import RunFailed
from mllab.lifecycle import cost as lifecycle
from mllab.lifecycle import savings
from mllab.lifecycle.compare import elsewhere
from mllab.show import compare as show_compare
from mllab.show import console
from mllab.show.cost import show
from mllab.show.cost_document import document
from mllab.wording import join_limited


def cost(
    stack: str,
    today: str | None,
    usage: Path | None,
    *,
    compare: bool,
    strict: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Show what a lab costs by list prices.

    Args:
        usage: a file that says what a typical week is; None: the stack's own section does.
        compare: show what it costs elsewhere, too.

    Raises:
        RunFailed: `strict`, and a price is not known.
    """
    session, plan = lifecycle.declared(stack, today, usage)
    estimate = lifecycle.of(session, plan)
    term = lifecycle.term(session.declared, session.clock.today())
    budget = lifecycle.budget(session.declared, estimate, term)
    saving = savings.best(session, estimate)
    found = elsewhere(session, plan, estimate, usage) if compare else None
    if as_json:
        told = document(session, estimate, term, budget, saving)
        other = {"elsewhere": show_compare.part(found, term)} if found else {}
        console.print_json({**told, **other})
    elif found:
        show_compare.show(console.stdout(), session, estimate, found, term)
    else:
        show(console.stdout(), session, estimate, term, budget, saving, usage, verbose=verbose)
    if strict and estimate.missing:
        names = sorted({line.charge.item for line in estimate.missing})
        raise RunFailed(
            f"{stack}: not all prices are known: {join_limited(names)}",
            hint=f"What they are for: mllab cost {stack} -v",
        )
