"""The first part of a preview or an up: the program runs, and what it no longer declares goes."""

from __future__ import annotations

from mllab.engines import reasons
from mllab.engines.embedded import removal
from mllab.engines.embedded.host import Host
from mllab.engines.embedded.monitor import Log, Monitor, translated
from mllab.engines.embedded.register import Registrar
from mllab.engines.embedded.report import lines
from mllab.engines.embedded.run import Run
from mllab.errors import LabError, RunFailed
from mllab.protocol.failure import ProgramError
from mllab.protocol.provider import Properties
from mllab.protocol.source import Sources


class Program:
    """The program of one run.

    Args:
        run: the run.
        threads: for blocking providers; else 0.
    """

    def __init__(self, run: Run, threads: int) -> None:
        self._run, self._threads = run, threads
        self._host = Host(run.target, dry=run.dry, threads=threads)
        self._sources = Sources(run.target.root)
        self._registrar = Registrar(run)
        self._monitor = Monitor(
            run,
            self._registrar,
            self._sources,
            self._host.abort,
        )
        self._raised = False

    def execute(self) -> None:
        """Run the program.

        Raises:
            RunFailed: it raised something, or wants what cannot be.
            LabError: what it raised was made for its user; it is passed on as it is.
        """
        self._raised = True
        try:
            self._host.run(self._monitor, Log(self._run.report.warn))
        except (LabError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except Exception as why:
            if self._host.broke(why):
                raise
            raise self._failed(why) from why
        self._raised = False

    def remove_rest(self) -> None:
        """Delete what the program no longer declares, and the remains of replacements.

        Nothing goes after a failure: what the old things were for is not there, and what the
        program declares inside an `apply` of something that failed is not declared in this run.
        """
        run = self._run
        left = run.snapshot.left()
        rest = [record for record in left if record.delete or id(record) not in run.handled]
        if run.report.failures and not run.dry:
            names = [record.name for record in rest if record.custom]
            if names:
                run.report.warn(reasons.left_alone(names))
            return
        removal.remove(run, rest, self._threads)

    def finish(self) -> None:
        """Record the stack's outputs. After a failure those that are missing stay as they were."""
        if self._monitor.stack_outputs is None:
            return
        urn, outputs = self._monitor.stack_outputs
        before = self._registrar.made.get(urn)
        if before is not None and (self._raised or self._run.report.failures):
            outputs = {**before.outputs, **outputs}
        self._registrar.outputs(urn, outputs)

    def outputs(self) -> Properties:
        """The stack's outputs as the program gave them."""
        return self._monitor.stack_outputs[1] if self._monitor.stack_outputs else {}

    def _failed(self, why: Exception) -> RunFailed:
        """The error for the user: where in the program, what, and what failed besides."""
        others = lines(self._run.report.failures)
        place = self._sources.raised(self._host.trace or why.__traceback__)
        if isinstance(why, ProgramError):
            place, text, hint = why.source or place, why.message, why.hint
        else:
            text = translated(str(why)) or type(why).__name__
            if not _speaks_for_itself(why):
                text = f"{type(why).__name__}: {text}"
            hint = next(
                (hint for said, hint in self._monitor.hints.items() if hint and said in text), ""
            )
        head = f"{place}: {text}" if place else text
        return RunFailed("\n".join(filter(None, [head, others])), hint=hint)


def _speaks_for_itself(why: Exception) -> bool:
    """The SDK raises bare exceptions with whole sentences; the type would say nothing."""
    return type(why) in (Exception, RuntimeError)
