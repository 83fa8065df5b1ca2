"""A lab as it is once everything exists, declared on a simulated cloud of its own."""

from __future__ import annotations

from mllab.engines.contract import Plan
from mllab.lifecycle.granted import lacking
from mllab.session.realm import SimulatedRealm
from mllab.session.session import Session


def rendered(session: Session) -> Plan:
    """What the program declares, with values that a plan for nothing would not know yet.

    Args:
        session: on a simulated cloud; its account gets the quotas that the lab needs.
    """
    if not isinstance(session.realm, SimulatedRealm):
        raise ValueError("only a simulated lab is made to be looked at")
    cloud = session.realm.cloud
    for short in lacking(session):
        cloud.grant(short.code, short.needed)
    for name in cloud.missing():
        cloud.switch_on(name)
    session.engine.up()
    return session.engine.preview()
