"""A simulated cloud as a provider: what is the same for every type, driven by schema and facts."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from mllab.engines.provider import (
    UNKNOWN,
    Call,
    Checked,
    Difference,
    Found,
    Made,
    Properties,
    ProviderFailure,
)
from mllab.simulated import facts as data
from mllab.simulated import names, schema
from mllab.simulated.faults import Faults
from mllab.simulated.kind import Here, Kind, fits, refuse, values
from mllab.simulated.names import Draw
from mllab.simulated.store import Record, Store


class SimulatedCloud:
    """Implements `mllab.engines.provider.Provider`. A concrete cloud adds data, kinds, functions and quotas.

    Args:
        store: what the cloud remembers.
        faults: failures on demand.
    """

    package: ClassVar[str]
    label: ClassVar[str]
    """Name of the cloud for people."""
    data: ClassVar[Path]
    """Folder with schema.json and the tables of facts."""
    kinds: ClassVar[Mapping[str, type[Kind]]]
    """Rules by type token; types without peculiarities are plain `Kind`s."""
    account: ClassVar[str]

    blocking = False

    def __init__(self, store: Store, faults: Faults | None = None) -> None:
        self.store = store
        self.faults = faults or Faults()
        self.settings: Mapping[str, Any] = {}
        self.region = ""
        self._schema = schema.load(self.data / "schema.json")
        self._facts = data.load(self.data)
        self._kinds: dict[str, Kind] = {}

    # --------------------------------------------------------------------------------- for a concrete cloud

    def configured(self, config: Mapping[str, Any]) -> Self:
        """The same cloud under another configuration."""
        made = copy.copy(self)
        made.settings = dict(config)
        return made

    def exists(self, type: str, key: str) -> bool:
        """Whether something exists that nobody declared."""
        return False

    def quota(self, code: str) -> float:
        """The limit with that code. KeyError for an unknown code."""
        raise KeyError(code)

    def tags_of(self, inputs: Properties) -> Properties:
        """All tags of a resource, with the provider's default tags."""
        return dict(inputs.get("tags") or {})

    # ----------------------------------------------------------------------------------------- plan

    def check(self, call: Call, olds: Properties | None, news: Properties) -> Checked:
        """Inputs with a generated name, and everything the provider refuses before it asks the cloud."""
        kind = self._kind(call.type)
        if kind is None:
            return Checked(news, (self._unknown_type(call.type),))
        inputs, faults = schema.fit(kind.properties, news)
        name = kind.facts.name
        if kind.facts.auto_name and name not in inputs and f"{name}Prefix" not in inputs:
            inputs[name] = (olds or {}).get(name) or self._auto_name(call, kind)
        elif name in inputs and f"{name}Prefix" in inputs:
            faults = (*faults, f"{name}: conflicts with {name}Prefix")
        if not faults:
            faults = (*fits(kind.facts, inputs), *kind.faults(inputs))
        return Checked(inputs, faults)

    def diff(
        self, call: Call, id: str, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Difference:
        """What differs; a replacement deletes first where the program itself gives the name."""
        kind = self._known(call)
        changes = kind.differ.changes(old_inputs, old_outputs, news)
        name = kind.facts.name
        given = (
            name and isinstance(news.get(name), str) and not names.is_auto(news[name], call.name)
        )
        first = bool(given and kind.facts.taken and news.get(name) == old_inputs.get(name))
        return Difference(changes, delete_before_replace=first)

    def _auto_name(self, call: Call, kind: Kind) -> str:
        lower = kind.token == "aws:s3/bucket:Bucket"
        return names.auto(call.name, Draw(call.seed or call.urn.encode(), "name"), lower=lower)

    # ----------------------------------------------------------------------------------------- change

    def create(self, call: Call, inputs: Properties) -> Made:
        """Make it, or foretell its outputs in a preview. Raises ProviderFailure."""
        kind = self._known(call)
        if call.preview:
            return Made("", self._foretold(kind, inputs), kind.create_s(inputs))
        rule = self.faults.pick("create", call)
        self.faults.before(rule, call)
        with self.store.session() as session:
            here = self._here(session, call, inputs)
            links = self._references(here, kind, inputs)
            self._refuse_taken(here, kind, inputs)
            kind.admit(here, inputs, None)
            record = self._new(here, kind, inputs)
            session.link(record, links)
            kind.created(here, record)
            self._settle(here, kind, record)
            made = Made(record.id, record.outputs, kind.create_s(inputs))
        self.faults.after(rule, call, made)
        return made

    def update(self, call: Call, id: str, old_outputs: Properties, news: Properties) -> Made:
        """Change it in place. Raises ProviderFailure."""
        kind = self._known(call)
        if call.preview:
            foretold = self._foretold(kind, news, id, old_outputs)
            return Made(id, foretold, kind.update_s(old_outputs, news))
        rule = self.faults.pick("update", call)
        self.faults.before(rule, call)
        with self.store.session() as session:
            here = self._here(session, call, news)
            record = session.get(call.type, id, here.region)
            if record is None:
                raise refuse("NotFound: {type} {id} does not exist", type=call.type, id=id)
            links = self._references(here, kind, news)
            kind.admit(here, news, record)
            olds, record.inputs = record.inputs, dict(news)
            session.link(record, links)
            kind.updated(here, record, olds)
            self._settle(here, kind, record)
            made = Made(record.id, record.outputs, kind.update_s(olds, news))
        self.faults.after(rule, call, made)
        return made

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        """Remove it; what is gone already is a success. Raises ProviderFailure."""
        kind = self._known(call)
        rule = self.faults.pick("delete", call)
        self.faults.before(rule, call)
        with self.store.session() as session:
            here = self._here(session, call, outputs)
            record = session.get(call.type, id, here.region)
            if record is not None:
                self._refuse_blocked(here, kind, record)
                kind.leaving(here, record)
                self._drop(here, kind, record)
        self.faults.after(rule, call)
        return kind.facts.delete_s if record else 0.0

    def _drop(self, here: Here, kind: Kind, record: Record) -> None:
        """Remove a record with all that goes with it."""
        for user in self._going(here, kind, record):
            self._drop(here, self._kinds_of(user.type), user)
        kind.left(here, record)
        here.session.drop(record)

    def _going(self, here: Here, kind: Kind, record: Record) -> list[Record]:
        """What is deleted together with a record."""
        ties = (*kind.facts.cascades, *kind.frees(record))
        return [user for tie in ties for user in here.session.users(record, tie.object, tie.via)]

    def _refuse_blocked(self, here: Here, kind: Kind, record: Record) -> None:
        going = {record.uid, *(user.uid for user in self._going(here, kind, record))}
        for tie in kind.facts.blocks:
            for user in here.session.users(record, tie.object, tie.via):
                if tie.refusal and user.owner != record.uid and user.uid not in going:
                    raise refuse(tie.refusal, **self._words(here, record, user))

    def _words(self, here: Here, record: Record, user: Record) -> dict[str, object]:
        """What the placeholders of a refusal may stand for."""
        known = {**record.outputs, "id": record.id, "name": record.name, "account": here.account}
        return {"instanceId": user.inputs.get("instanceId", user.id), **known}

    # ----------------------------------------------------------------------------------------- look

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        """What the cloud holds now."""
        kind = self._known(call)
        rule = self.faults.pick("read", call)
        self.faults.before(rule, call)
        with self.store.session() as session:
            here = self._here(session, call, outputs)
            record = session.get(call.type, id, here.region)
            if record is None:
                return None
            record.outputs.update(kind.outputs(here, record))
            return Found(record.id, record.inputs, record.outputs)

    def find(self, call: Call, inputs: Properties, known: Collection[str]) -> str | None:
        """The newest thing with exactly these inputs that is not among `known`."""
        with self.store.session() as session:
            here = self._here(session, call, inputs)
            for record in reversed(session.all(call.type, here.region)):
                if record.owner is None and record.id not in known and record.inputs == inputs:
                    return record.id
        return None

    def contents(self, call: Call, id: str, outputs: Properties) -> str | None:
        """What data it holds, in words."""
        kind = self._known(call)
        with self.store.session() as session:
            here = self._here(session, call, outputs)
            record = session.get(call.type, id, here.region)
            return kind.holds(here, record) if record else ""

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Properties:
        """Answer a function. Raises ProviderFailure."""
        arguments = self._schema.arguments(token)
        if arguments is None:
            raise ProviderFailure(f"the simulated {self.label} does not know the function {token}")
        fitted, faults = schema.fit(arguments, args)
        if faults:
            raise ProviderFailure(f"{token}: {'; '.join(faults)}", code="InvalidArgument")
        call = Call("", token, token.rsplit(":", 1)[1], datetime.now(UTC), preview=preview)
        rule = self.faults.pick("invoke", call)
        self.faults.before(rule, call)
        return self.answer(token, fitted)

    def answer(self, token: str, args: Properties) -> Properties:
        """The result of a known function. Raises ProviderFailure."""
        raise NotImplementedError(token)

    # ----------------------------------------------------------------------------------------- inside

    def _kind(self, type: str) -> Kind | None:
        kind = self._kinds.get(type)
        if kind is None:
            properties = self._schema.properties(type)
            if properties is None:
                return None
            kind = self.kinds.get(type, Kind)(type, properties, self._facts[type])
            self._kinds[type] = kind
        return kind

    def _kinds_of(self, type: str) -> Kind:
        kind = self._kind(type)
        if kind is None:
            raise ProviderFailure(self._unknown_type(type))
        return kind

    def _known(self, call: Call) -> Kind:
        return self._kinds_of(call.type)

    def _unknown_type(self, type: str) -> str:
        return f"the simulated {self.label} does not know the resource type {type}"

    def _here(self, session: Any, call: Call, inputs: Properties) -> Here:
        kind = self._known(call)
        region = (inputs.get("region") or self.region) if "region" in kind.properties else ""
        draw = Draw(call.seed or call.urn.encode(), f"{call.urn} {call.type}")
        session.remember("now", max(session.meta("now"), call.at.astimezone(UTC).isoformat()))
        return Here(
            session, region, self.account, call, draw, self.settings, self.exists, self.quota
        )

    def _references(self, here: Here, kind: Kind, inputs: Properties) -> list[tuple[str, Record]]:
        """Everything that the inputs name. Raises ProviderFailure for what does not exist."""
        links: list[tuple[str, Record]] = []
        for reference in kind.facts.references:
            for value in values(inputs, reference.property):
                target = here.get(reference.target, value)
                if target is not None:
                    links.append((reference.property, target))
                elif reference.refusal and not self.exists(reference.target, str(value)):
                    raise refuse(reference.refusal, value=value, account=here.account)
        return links

    def _refuse_taken(self, here: Here, kind: Kind, inputs: Properties) -> None:
        name = inputs.get(kind.facts.name)
        if kind.facts.taken and name:
            region = None if kind.facts.taken_globally else here.region
            if here.session.find(kind.token, name, region):
                raise refuse(kind.facts.taken, name=name, account=here.account)

    def _new(self, here: Here, kind: Kind, inputs: Properties) -> Record:
        """Store a new record; what is only a setting of another resource overwrites the one before."""
        outputs = self._outputs(kind, inputs, here, here.draw)
        id_ = kind.number(here, inputs) or str(outputs.pop("id"))
        name = outputs.get(kind.facts.name) if kind.facts.name else ""
        record = here.session.get(kind.token, id_, here.region)
        if record is None:
            record = Record(kind.token, id_, here.region, here.at)
        record.name, record.urn = str(name or ""), here.call.urn
        record.inputs, record.outputs = dict(inputs), outputs
        return here.session.add(record) if not record.uid else record

    def _settle(self, here: Here, kind: Kind, record: Record) -> None:
        """Bring outputs up to date after a change, and store."""
        fresh = self._outputs(kind, record.inputs, here, here.draw, record)
        record.outputs = {**fresh, **kind.outputs(here, record)}
        record.outputs.pop("id", None)
        here.session.save(record)
        here.session.rekey(record, kind.keys(record))

    def _foretold(
        self, kind: Kind, inputs: Properties, id: str = "", olds: Properties | None = None
    ) -> Properties:
        """Outputs of a preview: what follows from the inputs, the rest unknown."""
        region = inputs.get("region") or self.region
        base = {"region": region, "account": self.account}
        kept = {**(olds or {}), "id": id} if id else {}
        found = self._derive(kind, inputs, base, None, kept)
        return {name: value for name, value in found.items() if name != "id"}

    def _outputs(
        self, kind: Kind, inputs: Properties, here: Here, draw: Draw, record: Record | None = None
    ) -> Properties:
        base = {"region": here.region, "account": self.account}
        kept = dict(record.outputs) if record else {}
        if record:
            kept["id"] = record.id
        return self._derive(kind, inputs, base, draw, kept)

    def _derive(
        self,
        kind: Kind,
        inputs: Properties,
        base: Mapping[str, Any],
        draw: Draw | None,
        kept: Properties,
    ) -> Properties:
        """Outputs from inputs, defaults and templates. `kept` holds what was generated before."""
        facts = kind.facts
        found: Properties = {}
        if "region" in kind.properties:
            found["region"] = base["region"]
        if "tagsAll" in kind.properties:
            found["tagsAll"] = self.tags_of(inputs)
        found |= {k: v for k, v in facts.defaults.items() if "." not in k}
        found |= {k: v for k, v in inputs.items() if "output" in kind.properties[k]}

        def value(name: str) -> object:
            if name in found:
                return found[name]
            if name in facts.computed:
                template = facts.computed[name]
                if kept.get(name) is not None and (name == "id" or names.is_random(template)):
                    found[name] = kept[name]
                else:
                    text = names.fill(template, value, draw)
                    found[name] = schema.parse(kind.properties.get(name), text)
                return found[name]
            if name in base:
                return base[name]
            if name in facts.ruled:
                return kept.get(name, UNKNOWN)
            raise KeyError(f"{kind.token}: nothing says how {name} is made")

        for name in facts.computed:
            value(name)
        for name in facts.ruled:
            found.setdefault(name, kept.get(name, UNKNOWN if draw is None else None))
        return found
