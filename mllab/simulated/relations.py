"""What must exist first, what is in the way of a delete, and what goes along with it."""

from __future__ import annotations

from collections.abc import Callable

from mllab.protocol.provider import Properties
from mllab.simulated import checks, names
from mllab.simulated.diff import bare
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

KindOf = Callable[[str], Kind]


def references(
    here: Here, kind: Kind, inputs: Properties, exists: Callable[[str, str], bool]
) -> list[tuple[str, Record]]:
    """Everything that the inputs name, as pairs of property and record.

    Args:
        exists: whether something exists that nobody declared, by type and key.

    Raises:
        ProviderFailure: something does not exist, and the cloud looks.
    """
    links: list[tuple[str, Record]] = []
    for reference in kind.facts.references:
        for value in checks.values(inputs, reference.property):
            words = {**inputs, "value": value, "account": here.account}
            key = (
                names.fill(reference.by, words.__getitem__, None) if "{" in reference.by else value
            )
            target = here.get(reference.target, key)
            if target is not None and (key is not value or value in _names(target, reference.by)):
                links.append((reference.property, target))
            elif reference.refusal and not exists(reference.target, str(value)):
                raise refuse(reference.refusal, value=value, account=here.account)
    return links


def _names(target: Record, by: str) -> list[object]:
    """What a thing may be called by: the outputs that `by` lists, joined by a bar."""
    return [{"id": target.id, **target.outputs}.get(name) for name in by.split("|")]


def refuse_taken(here: Here, kind: Kind, inputs: Properties) -> None:
    """Refuse a physical name that is in use. Raises ProviderFailure."""
    name = inputs.get(kind.facts.name)
    if kind.facts.taken and name:
        region = None if kind.facts.taken_globally else here.region
        if here.session.find(kind.token, name, region):
            raise refuse(kind.facts.taken, name=name, account=here.account)


def refuse_fixed(kind: Kind, record: Record, news: Properties) -> None:
    """Refuse an update of what can never change. Raises ProviderFailure."""
    for change in kind.differ.changes(record.inputs, record.outputs, news):
        path = bare(change.path)
        while path:
            if path in kind.facts.fixed:
                words = {"name": record.name, "old": change.before, "new": change.after}
                raise refuse(kind.facts.fixed[path], property=path, **words)
            path = path.rpartition(".")[0]


def refuse_blocked(here: Here, kind: Kind, record: Record) -> None:
    """Refuse a delete while others depend on the record. Raises ProviderFailure."""
    going = {record.uid, *(user.uid for user in _going(here, kind, record))}
    for tie in kind.facts.blocks:
        for user in here.session.users(record, tie.object, tie.via):
            if tie.refusal and user.owner != record.uid and user.uid not in going:
                words = {**user.inputs, **record.outputs, "id": record.id, "account": here.account}
                raise refuse(tie.refusal, **{**words, "name": record.name, "user": user.id})


def leave(here: Here, kind: Kind, record: Record, kind_of: KindOf) -> None:
    """Delete a record, or let it go on without an owner. Raises ProviderFailure."""
    if kind.stays(record):
        record.urn = ""
        here.session.save(record)
        return
    refuse_blocked(here, kind, record)
    kind.before_delete(here, record)
    drop(here, kind, record, kind_of)


def drop(here: Here, kind: Kind, record: Record, kind_of: KindOf) -> None:
    """Delete a record with everything that goes along with it."""
    for user in _going(here, kind, record):
        if here.session.get(user.type, user.id, user.region):  # another one may have taken it along
            drop(here, kind_of(user.type), user, kind_of)
    kind.after_delete(here, record)
    here.session.drop(record)


def _going(here: Here, kind: Kind, record: Record) -> list[Record]:
    ties = (*kind.facts.cascades, *kind.frees(record))
    tied = [user for tie in ties for user in here.session.users(record, tie.object, tie.via)]
    return [*tied, *kind.inside(here, record)]
