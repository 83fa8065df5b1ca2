"""How a run ends before its time."""

from __future__ import annotations


class ProgramError(Exception):
    """The program asks for something that cannot be; becomes RunFailed.

    Args:
        message: names the resource and the reason.
        source: `project:///file#line` or `file:line` of the declaration.
        cure: the act that cures it.
    """

    def __init__(self, message: str, source: str = "", *, cure: str = "") -> None:
        super().__init__(message)
        self.message, self.cure = message, cure
        self.source = source.removeprefix("project:///").replace("#", ":")


class Abort(KeyboardInterrupt):
    """Leaves the event loop at once, through whatever runs in it; the reason is kept by the run.

    Only SystemExit and KeyboardInterrupt pass through asyncio; everything else it hands to a task.
    """
