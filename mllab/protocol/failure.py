"""How a run ends before its time."""

from __future__ import annotations


class ProgramError(Exception):
    """The program asks for something that cannot be; becomes RunFailed.

    Args:
        message: names the resource and the reason.
        source: `project:///file#line` or `file:line` of the declaration.
        hint: what puts it right.
    """

    def __init__(self, message: str, source: str = "", *, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint
        self.source = source.removeprefix("project:///").replace("#", ":")


class Abort(KeyboardInterrupt):
    """Leaves the event loop at once, through whatever runs in it; the reason is kept by the run.

    Only SystemExit and KeyboardInterrupt pass through asyncio; everything else it hands to a task.
    """
