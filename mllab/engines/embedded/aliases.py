"""Which entry of the state a registration continues: by its urn, else by one of its aliases."""

from __future__ import annotations

from collections.abc import Iterator

from mllab.engines.embedded.record import Record
from mllab.engines.embedded.snapshot import Snapshot
from mllab.protocol import urns
from mllab.protocol.failure import ProgramError
from mllab.protocol.goal import Alias, Goal


class Aliases:
    """Names of one run, and what was found under old ones.

    Args:
        stack, project: parts of every urn.
    """

    def __init__(self, stack: str, project: str) -> None:
        self._stack, self._project = stack, project
        self._taken: dict[str, str] = {}
        self._used: dict[str, str] = {}

    def find(self, goal: Goal, urn: str, seen: dict[str, str], snapshot: Snapshot) -> Record | None:
        """The old entry of a goal.

        Args:
            seen: urns of this run, with their sources.

        Raises:
            ProgramError: two resources claim the same entry.
        """
        if urn in self._taken:
            raise ProgramError(
                f"Duplicate resource URN '{urn}' conflicting with alias on resource "
                f"with URN '{self._taken[urn]}'",
                goal.source,
            )
        for name in [urn, *self._names(goal)]:
            old = snapshot.live(name)
            if old is None:
                continue
            if name != urn:
                other = self._taken.get(name) or (urn if name in seen else "")
                if other:
                    raise ProgramError(
                        f"Duplicate resource alias '{name}' applied to resource with URN '{urn}' "
                        f"conflicting with resource with URN '{other}'",
                        goal.source,
                    )
                self._taken[name] = urn
                self._used[urn] = name
            return old
        return None

    def was(self, urn: str) -> str:
        """The old urn that a resource of this run was found under; empty when it kept its own."""
        return self._used.get(urn, "")

    def renamed(self, old: str, new: str) -> bool:
        """True when `new` continues `old`."""
        return self._taken.get(old) == new

    def _names(self, goal: Goal) -> Iterator[str]:
        """Old urns: own aliases, then those of the parent (step_generator.go, generateAliases)."""
        own = [self._collapse(goal, alias) for alias in goal.aliases]
        yield from own
        parent = self._used.get(goal.parent, "")
        if parent:
            before = urns.name_of(goal.parent)
            yield self._inherited(goal.type, goal.name, before, parent)
            for name in own:
                yield self._inherited(urns.type_of(name), urns.name_of(name), before, parent)

    def _collapse(self, goal: Goal, alias: Alias) -> str:
        if alias.urn:
            return alias.urn
        parent = self._used.get(alias.parent, alias.parent) or goal.parent
        if alias.no_parent:
            parent = ""
        return urns.urn(
            alias.stack or self._stack,
            alias.project or self._project,
            parent,
            alias.type or goal.type,
            alias.name or goal.name,
        )

    def _inherited(self, type: str, name: str, parent: str, old_parent: str) -> str:
        """A child that carries its parent's name in front is expected to have done so before."""
        if name.startswith(parent):
            name = urns.name_of(old_parent) + name.removeprefix(parent)
        return urns.urn(self._stack, self._project, old_parent, type, name)
