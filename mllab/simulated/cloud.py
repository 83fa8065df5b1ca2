"""A simulated cloud as a provider: what is the same for every type, driven by schema and facts."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any, ClassVar, Self

from components.resource_types import EMPTIED_BY
from mllab.protocol.provider import (
    UNKNOWN,
    Call,
    Checked,
    Difference,
    Found,
    Made,
    Properties,
    ProviderFailure,
)
from mllab.simulated import checks, facts, relations, schema
from mllab.simulated.database import Database
from mllab.simulated.faults import Faults, Words
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.names import Draw, Naming
from mllab.simulated.outputs import Maker
from mllab.simulated.store import Record, Session


class SimulatedCloud:
    """Implements `mllab.protocol.provider.Provider`; a concrete cloud adds data and rules."""

    package: ClassVar[str]
    label: ClassVar[str]
    """Name of the cloud for people."""
    data: ClassVar[Path]
    """Folder with schema.json and the tables of facts."""
    kinds: ClassVar[Mapping[str, type[Kind]]]
    """Rules by type token; a type without peculiarities is a plain `Kind`."""
    functions: ClassVar[Mapping[str, Callable[[Properties, str, str], Properties]]]
    """Answers by function token: from arguments, region and account to results."""
    words: ClassVar[Words]
    switches: ClassVar[frozenset[str]] = frozenset(EMPTIED_BY.values())
    """Properties of the provider, not of the cloud: a delete obeys them as the state has them."""
    naming: ClassVar[Naming] = Naming()
    named_ids: ClassVar[bool] = False
    """Ids are made of names, so nothing can be made beside something of the same name."""
    account: str

    blocking = False

    def __init__(self, database: Database, faults: Faults | None = None) -> None:
        self.database = database
        self.faults = faults or Faults()
        self.settings: Mapping[str, Any] = {}
        self.region = ""
        self._schema = schema.load(self.data / "schema.json")
        self._facts = facts.load(self.data)
        self._kinds: dict[str, Kind] = {}

    # ------------------------------------------------------------------ for a concrete cloud

    def configured(self, config: Mapping[str, Any]) -> Self:
        """The same cloud under a provider's configuration."""
        made = copy.copy(self)
        made.settings = dict(config)
        return made

    def exists(self, type: str, key: str) -> bool:
        """Whether something exists that nobody declared: an image, a policy of the cloud's own."""
        return False

    def quota(self, code: str) -> float:
        """The limit with that code. KeyError for an unknown code."""
        raise KeyError(code)

    def base(self, kind: Kind, bag: Properties) -> Properties:
        """Outputs and template parts that follow from place and configuration: the region, say."""
        return {"region": self.place(kind, bag), "account": self.account}

    def place(self, kind: Kind, bag: Properties) -> str:
        """The region in which a resource is; empty for types that belong to the whole account."""
        if "region" not in kind.properties:
            return ""
        region = bag.get("region") or self.region
        if not region:
            raise refuse(
                "MissingRegion: {cloud} was told no region",
                f"pulumi config set {self.package}:region <region>",
                cloud=self.label,
            )
        return str(region)

    def allow(self, here: Here, kind: Kind) -> None:
        """Refuse any call about a type, before its inputs are looked at. Raises ProviderFailure."""

    def answer(self, token: str, args: Properties) -> Properties:
        """The results of a function, without the arguments that it gives back."""
        region = str(args.get("region") or self.region)
        return {"region": region, **self.functions[token](args, region, self.account)}

    # -------------------------------------------------------------------------------- plan

    def check(self, call: Call, olds: Properties | None, news: Properties) -> Checked:
        """Inputs with a generated name; faults are what the provider refuses by itself."""
        properties = self._schema.properties(call.type)
        if properties is None:
            return Checked(news, (self._unknown(f"the resource type {call.type}"),))
        kind = self.kind(call.type)
        inputs, faults = schema.fit(properties, news)
        name, prefix = kind.facts.name, f"{kind.facts.name}Prefix"
        if name in inputs and prefix in inputs:
            faults = (*faults, f"{name}: conflicts with {prefix}")
        elif kind.facts.auto and not {name, prefix} & inputs.keys():
            draw = Draw(call.seed or call.urn.encode(), "name")
            auto = self.naming.auto(call.name, draw, kind.facts.auto)
            inputs[name] = (olds or {}).get(name) or auto
        if not faults:
            faults = (*checks.faults(kind.facts, inputs), *kind.faults(inputs))
        return Checked(inputs, faults)

    def diff(
        self, call: Call, id: str, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Difference:
        """What differs. A replacement deletes first where the program itself gives the name."""
        kind = self.kind(call.type)
        changes = kind.differ.changes(old_inputs, old_outputs, news)
        name = news.get(kind.facts.name)
        auto = isinstance(name, str) and self.naming.made(name, call.name, kind.facts.auto)
        unique = self.named_ids or kind.facts.taken is not None
        clashes = bool(name) and name == old_inputs.get(kind.facts.name)
        return Difference(changes, delete_before_replace=unique and clashes and not auto)

    # ------------------------------------------------------------------------------ change

    def create(self, call: Call, inputs: Properties) -> Made:
        """Make it, or predict its outputs in a preview. Raises ProviderFailure."""
        kind = self.kind(call.type)
        if call.preview:
            return Made("", self._preview_outputs(kind, inputs), kind.facts.create_s)
        strike = self.faults.begin("create", call.type, call.name, self.words)
        with self.database.session() as session:
            here = self._here(session, call, inputs)
            self.allow(here, kind)
            links = relations.references(here, kind, inputs, self.exists)
            relations.refuse_taken(here, kind, inputs)
            kind.validate(here, inputs, None)
            record = self._add(here, kind, inputs)
            session.link(record, links)
            kind.created(here, record)
            self._settle(here, kind, record)
            made = Made(record.id, record.outputs, kind.facts.create_s)
            init_error = kind.init_error(here, record)
        strike.after(made)
        if init_error:
            raise ProviderFailure(init_error, made=made, seconds=made.seconds)
        return made

    def update(self, call: Call, id: str, old_outputs: Properties, news: Properties) -> Made:
        """Change it in place. Raises ProviderFailure."""
        kind = self.kind(call.type)
        if call.preview:
            kept = {**old_outputs, "id": id}
            for name in kind.moved(old_outputs, news):
                kept[name] = UNKNOWN
            return Made(id, self._preview_outputs(kind, news, kept), kind.facts.update_s)
        strike = self.faults.begin("update", call.type, call.name, self.words)
        with self.database.session() as session:
            here = self._here(session, call, news)
            self.allow(here, kind)
            record = session.get(call.type, id, here.region)
            if record is None:
                raise refuse("NotFound: {type} {id} does not exist", type=call.type, id=id)
            links = relations.references(here, kind, news, self.exists)
            relations.refuse_fixed(kind, record, news)
            kind.validate(here, news, record)
            olds, record.inputs = record.inputs, dict(news)
            session.link(record, links)
            kind.updated(here, record, olds)
            self._settle(here, kind, record)
            made = Made(record.id, record.outputs, kind.update_s(olds, news))
        strike.after(made)
        return made

    def delete(self, call: Call, id: str, outputs: Properties) -> float:
        """Remove it; what is gone already is a success. Raises ProviderFailure."""
        kind = self.kind(call.type)
        strike = self.faults.begin("delete", call.type, call.name, self.words)
        with self.database.session() as session:
            here = self._here(session, call, outputs)
            self.allow(here, kind)
            record = session.get(call.type, id, here.region)
            if record is not None:
                record.inputs |= {key: outputs[key] for key in self.switches & outputs.keys()}
                relations.leave(here, kind, record, self.kind)
        strike.after()
        return kind.facts.delete_s if record else 0.0

    # -------------------------------------------------------------------------------- look

    def read(self, call: Call, id: str, outputs: Properties) -> Found | None:
        """What the cloud holds now."""
        kind = self.kind(call.type)
        self.faults.begin("read", call.type, call.name, self.words)
        with self.database.session() as session:
            here = self._here(session, call, outputs)
            self.allow(here, kind)
            record = session.get(call.type, id, here.region)
            if record is None:
                return None
            return Found(id, record.inputs, {**record.outputs, **kind.outputs(here, record)})

    def find(self, call: Call, inputs: Properties, known: Collection[str]) -> str | None:
        """The newest thing with exactly these inputs whose id is not among `known`."""
        with self.database.session() as session:
            here = self._here(session, call, inputs)
            for record in reversed(session.all(call.type, here.region)):
                if record.owner is None and record.id not in known and record.inputs == inputs:
                    return record.id
        return None

    def contents(self, call: Call, id: str, outputs: Properties) -> str | None:
        """What data it holds, in words."""
        with self.database.session() as session:
            here = self._here(session, call, outputs)
            record = session.get(call.type, id, here.region)
            return self.kind(call.type).holds(here, record) if record else ""

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Properties:
        """Answer a function. Raises ProviderFailure."""
        arguments = self._schema.arguments(token)
        if arguments is None:
            raise ProviderFailure(self._unknown(f"the function {token}"))
        fitted, faults = schema.fit(arguments, args)
        if faults:
            raise ProviderFailure(f"{token}: {'; '.join(faults)}")
        self.faults.begin("invoke", token, token.rpartition(":")[2], self.words)
        found = {**fitted, **self.answer(token, fitted)}
        return {key: found[key] for key in ("id", *self._schema.results(token)) if key in found}

    # ------------------------------------------------------------------------------ inside

    def kind(self, type: str) -> Kind:
        """The rules of a resource type. Raises ProviderFailure for an unknown one."""
        kind = self._kinds.get(type)
        if kind is None:
            properties = self._schema.properties(type)
            if properties is None:
                raise ProviderFailure(self._unknown(f"the resource type {type}"))
            kind = self.kinds.get(type, Kind)(type, properties, self._facts[type])
            self._kinds[type] = kind
        return kind

    def _unknown(self, what: str) -> str:
        return f"the simulated {self.label} does not know {what}"

    def _here(self, session: Session, call: Call, bag: Properties) -> Here:
        base = self.base(self.kind(call.type), bag)
        region = self.place(self.kind(call.type), bag)
        moment = call.at.astimezone(UTC).isoformat()
        session.remember("now", max(session.meta("now"), moment))
        draw = Draw(call.seed or call.urn.encode(), f"{call.urn} {call.type}")
        return Here(session, region, self.account, call, draw, self.quota, base)

    def _add(self, here: Here, kind: Kind, inputs: Properties) -> Record:
        """Store a new record; what is only a setting of another thing overwrites the old one."""
        made = self._maker(kind, inputs, here).make({}, {})
        number = kind.number(here, inputs) or str(made.pop("id"))
        outputs = {key: value for key, value in made.items() if value is not UNKNOWN}
        record = here.session.get(kind.token, number, here.region)
        if record is not None and kind.facts.taken_id and not kind.resumes(record):
            raise refuse(kind.facts.taken_id, **{**outputs, "id": number})
        if record is None:
            record = here.session.add(Record(kind.token, number, here.region, here.at))
        record.name = str({**inputs, **outputs}.get(kind.facts.name) or "")
        record.urn, record.inputs, record.outputs = here.call.urn, dict(inputs), outputs
        return record

    def _settle(self, here: Here, kind: Kind, record: Record) -> None:
        """Bring outputs and names up to date after a change, and store."""
        kept = {**record.outputs, "id": record.id}
        ruled = kind.outputs(here, record)
        record.outputs = self._maker(kind, record.inputs, here).make(kept, ruled)
        record.outputs.pop("id", None)
        here.session.save(record)
        here.session.call(record, kind.keys(record))

    def _maker(self, kind: Kind, inputs: Properties, here: Here) -> Maker:
        return Maker(kind, inputs, self.base(kind, inputs), here.draw)

    def _preview_outputs(
        self, kind: Kind, inputs: Properties, kept: Properties | None = None
    ) -> Properties:
        """Outputs of a preview: what follows from the inputs, the rest unknown."""
        found = Maker(kind, inputs, self.base(kind, inputs), None).make(
            kept or {}, kind.preview_outputs(inputs)
        )
        found.pop("id", None)
        return found
