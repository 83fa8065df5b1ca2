"""A lab as it is once everything exists, declared on a simulated cloud of its own."""

from __future__ import annotations

from mllab.engines.contract import Plan
from mllab.lifecycle.granted import lacking
from mllab.session.session import Session


def rendered(session: Session) -> Plan:
    """What the program declares, with values that a plan for nothing would not know yet.

    Args:
        session: on a simulated cloud; its account gets the quotas that the lab needs.
    """
    wanted = [f"{one.code}={one.needed:g}" for one in lacking(session)]
    session.realm.grant([*session.realm.off, *wanted])  # what a person would ask for
    session.engine.up()
    return session.engine.preview()
