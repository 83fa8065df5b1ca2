"""Keeps from the terminal what the SDK says to developers while the engine runs.

When the engine goes before the program ends, the SDK's servers in this process raise out of their
calls, and gRPC logs that with its traceback; of an event that it cannot read the SDK warns. What
went wrong is told by the command that ran the engine.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import PurePath
from types import TracebackType
from typing import Final

_SERVERS: Final = ("pulumi", "automation")
"""Folders with the SDK's servers: the one of the program, and the one that hears events."""

_IDLE: Final = (
    "Error in event stream",
    "Failed to parse engine event",
    "coroutine 'register_resource_outputs",  # of a program that raised; nobody waits for it
)


def servers() -> None:
    """Neither log nor warn of what these servers raise; faults of anything else are logged.

    For good: a program may end long after its engine.
    """
    logging.getLogger("grpc._server").addFilter(_is_worth_telling)
    for text in _IDLE:
        warnings.filterwarnings("ignore", text)


def _is_worth_telling(record: logging.LogRecord) -> bool:
    trace: TracebackType | None = record.exc_info[2] if record.exc_info else None
    while trace is not None:
        if PurePath(trace.tb_frame.f_code.co_filename).parts[-3:-1] == _SERVERS:
            return False
        trace = trace.tb_next
    return True
