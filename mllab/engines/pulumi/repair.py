"""Puts right what a killed run has left in a `file://` backend, before Pulumi is asked anything."""

from __future__ import annotations

from mllab.clock import Clock
from mllab.engines.contract import StackTarget
from mllab.engines.pulumi import checkpoint, locks
from mllab.engines.pulumi.workspace import Workspace


def before_work(workspace: Workspace, target: StackTarget) -> str:
    """Clear the way for a run; what there is to say of it.

    Raises:
        LockedError: somebody holds the stack.
    """
    folder, names = workspace.backend.folder, (target.project, target.stack)
    if folder is None:
        return ""
    # A lock is as old as it really is, whatever the lab's own clock says.
    removed = locks.clear_stale(folder, *names, Clock().now())
    return " ".join(filter(None, (removed, checkpoint.mend(folder, *names))))


def before_a_look(workspace: Workspace, target: StackTarget) -> str:
    """The same for those who change nothing: a run that is at work is not disturbed."""
    folder, names = workspace.backend.folder, (target.project, target.stack)
    if folder is None:
        return ""
    return checkpoint.mend(folder, *names, held=locks.is_held(folder, *names))
