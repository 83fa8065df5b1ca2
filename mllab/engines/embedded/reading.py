"""Resources that the program only reads: `Bucket.get(...)` and references to other stacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mllab.engines.contract import Op, Status
from mllab.engines.embedded import report, step_executor
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.register import Answer, Registrar, note
from mllab.engines.embedded.run import Run
from mllab.protocol import urns
from mllab.protocol.failure import ProgramError
from mllab.protocol.goal import Goal
from mllab.protocol.provider import UNKNOWN, Properties, ProviderFailure
from mllab.protocol.values import bare, has_secret, mark_outputs, masked
from mllab.protocol.wire import UNKNOWN_TEXT, decode

STACK_REFERENCE: Final = "pulumi:pulumi:StackReference"


class Reader:
    """Serves the reads of one run.

    Args:
        run, registrar: of the run.
        stacks: gives the outputs of another stack by its name, secrets marked; None when it does
            not exist.
    """

    def __init__(
        self, run: Run, registrar: Registrar, stacks: Callable[[str], Mapping[str, Any] | None]
    ) -> None:
        self._run, self._registrar, self._stacks = run, registrar, stacks

    def read(self, request: Any, source: str) -> Answer:
        """Look a resource up and note it as external: it is never changed or deleted.

        Raises:
            ProgramError: the program is wrong.
        """
        run = self._run
        builtin = request.type == STACK_REFERENCE
        with run.lock:
            urn = self._registrar.enter(request.parent, request.type, request.name, source)
            record = self._record(request, urn, source, builtin)
            old = run.aliases.find(_named(request), urn, run.seen, run.snapshot)
            if old is not None:
                run.handled.add(id(old))
            culprit = "" if run.dry else run.culprit(record.needs())
            if culprit:
                run.broken[urn] = culprit
                step_executor.skip(run, report.step(Op.READ, record), culprit)
                return Answer(urn, ok=False)
            step = report.step(Op.READ, record, reason="read")
            note(
                run,
                record,
                Op.READ,
                (),
                {"id": masked(UNKNOWN if request.id == UNKNOWN_TEXT else request.id)},
            )
            began = run.times.ready(record.needs())
            if not run.dry:
                run.report.started(step)
        if request.id == UNKNOWN_TEXT:
            return self._done(record, old, step, "")
        try:
            self._fill(record, builtin, began)
        except ProviderFailure as why:
            with run.lock:
                run.broken[urn] = record.name
                run.report.failed(step, why)
            return Answer(urn, ok=run.dry)
        return self._done(record, old, step, record.id)

    def _record(self, request: Any, urn: str, source: str, builtin: bool) -> Record:
        provider = ""
        if not builtin:
            provider = self._registrar.provider(
                urns.package_of(request.type),
                request.provider,
                request.version,
                source,
                request.parent,
            )
        return Record(
            urn=urn,
            type=request.type,
            custom=True,
            id=request.id,
            inputs=_inputs(request, source),
            parent=request.parent,
            provider=provider,
            dependencies=sorted(set(request.dependencies)),
            external=True,
            additional_secret_outputs=list(request.additionalSecretOutputs),
            source_position=source,
        )

    def _fill(self, record: Record, builtin: bool, began: float) -> None:
        secret = tuple(record.additional_secret_outputs)
        if builtin:
            record.outputs = self._stack(record)
            return
        run = self._run
        call = run.call(record, began)
        found = run.provider(record).read(call, record.id, bare(record.inputs))
        if found is None:
            raise ProviderFailure(f"resource '{record.id}' does not exist", code="NotFound")
        record.id = found.id or record.id
        record.outputs = mark_outputs(found.outputs, record.inputs, secret)

    def _stack(self, record: Record) -> Properties:
        """Another stack of this folder: `stack`, `project/stack`, `organization/project/stack`."""
        target = self._run.target
        *project, stack = record.id.split("/")
        outputs = self._stacks(stack) if not project or project[-1] == target.project else None
        if outputs is None:
            raise ProgramError(
                f"stack {record.id} is not known here",
                record.source,
                hint="The embedded engine knows the stacks of this project that it has brought up "
                "itself.",
            )
        return {
            "name": record.id,
            "outputs": dict(outputs),
            "secretOutputNames": [key for key, value in outputs.items() if has_secret(value)],
        }

    def _done(self, record: Record, old: Record | None, step: Any, id: str) -> Answer:
        run = self._run
        with run.lock:
            run.ids[record.urn] = id
            record.created = record.modified = None
            owned = old is not None and not old.external
            status = Status.PLANNED if run.dry else Status.DONE
            run.report.ended(step, status)
            if record.type == STACK_REFERENCE:
                pass  # nothing to look after: it is read again in every run
            elif old is None:
                run.snapshot.commit(new=record)
            elif owned and old.id != record.id:
                old.delete = True
                run.snapshot.commit(new=record, marked=[old])
            elif owned:
                run.snapshot.commit(new=record, done=[old])
            else:
                record = run.snapshot.keep(old, record)
            self._registrar.made[record.urn] = record
        return Answer(record.urn, id, record.outputs)


def _named(request: Any) -> Goal:
    """Reads have no aliases of their own; they follow their parents."""
    return Goal(type=request.type, name=request.name, custom=True, parent=request.parent)


def _inputs(request: Any, source: str) -> Properties:
    try:
        return decode(request.properties)
    except (ValueError, OSError) as error:
        raise ProgramError(f"{request.name} ({request.type}): {error}", source) from error
