"""Lets protected data go that was named, and nothing else.

Pulumi's engine neither deletes nor replaces what the state marks as protected. Its option
`--ignore-protect` ignores every mark, so it is for previews only, which change nothing. For a run
the marks of what was named are taken off the state, and put back on what the run left alone. A note
on this machine tells the next run what a killed one had taken off.
Source: pkg/resource/deploy/step_generator.go and step.go (`Protect`) of
https://github.com/pulumi/pulumi
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mllab.engines import reasons
from mllab.engines.contract import Failure, Op, Resource, Step
from mllab.engines.pulumi import deployment
from mllab.engines.pulumi.cli import Cli
from mllab.engines.pulumi.deployment import Deployment
from mllab.engines.pulumi.private import write_new


class Release:
    """What one stack has released.

    Args:
        cli: reads and writes the stack's state.
        home: `$MLLAB_HOME`, for the note.
        stack: its name.
    """

    def __init__(self, cli: Cli, home: Path, stack: str) -> None:
        self._cli, self._note = cli, home / "released" / f"{stack}.json"

    def lift(self, before: Deployment, urns: Iterable[str]) -> None:
        """Take protection off some entries of the state."""
        after = deployment.released(before, urns)
        pairs = zip(deployment.resources(before), deployment.resources(after), strict=True)
        changed = [old for old, new in pairs if old != new]
        if changed:
            write_new(self._note, json.dumps(changed))  # first: a kill in between does no harm
            self._cli.import_(after)

    def put_back(self, declared: Mapping[str, Resource] | None = None) -> bool:
        """Protect again what was released and is still there. True where that changed the state.

        While operations are pending nothing is done: an import forgets them.

        Args:
            declared: what a program has said meanwhile: it may have given up protection.
        """
        try:
            text = self._note.read_text(encoding="utf-8")
        except FileNotFoundError:
            return False
        changed = False
        if self._cli.exists():
            now = self._cli.export()
            if deployment.pending(now):
                return False
            given_up = {u for u, found in (declared or {}).items() if not _protects(found)}
            after = deployment.protected(now, json.loads(text), given_up)
            if changed := after != now:
                self._cli.import_(after)
        self._note.unlink()
        return changed


def refused(
    steps: Iterable[Step],
    before: Deployment,
    declared: Mapping[str, Resource],
    release: Iterable[str],
) -> tuple[Failure, ...]:
    """What the engine would refuse of a plan that was made without a look at protection.

    Args:
        before: the state that it starts from.
        declared: what the program says; one that gives up protection may replace in the same run.
        release: urns that may go.
    """
    guarded = {entry["urn"] for entry in deployment.resources(before) if entry.get("protect")}
    guarded -= set(release)
    return tuple(
        Failure(
            step.urn,
            step.type,
            step.name,
            step.op,
            reasons.protected("deleted" if step.op is Op.DELETE else "replaced"),
            hint=reasons.UNPROTECT,
            source=step.source,
        )
        for step in steps
        if step.urn in guarded
        and (step.op is Op.DELETE or (step.op is Op.REPLACE and _protects(declared[step.urn])))
    )


def _protects(resource: Resource) -> bool:
    options: Mapping[str, Any] = resource.options
    return bool(options.get("protect"))
