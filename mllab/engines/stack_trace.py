"""Where a resource is declared, found without looking at each file and spelling its address anew.

The SDK does that for every frame of every constructor: a tenth of a large program's time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Final

from pulumi.runtime import resource
from pulumi.runtime.proto import source_pb2

_CONSTRUCTORS: Final = 3
"""Of `Resource`, of `CustomResource` or `ComponentResource`, and the resource's own."""


@contextmanager
def places_known() -> Iterator[None]:
    """Let the SDK find places by `stack_trace` for as long as a program runs."""
    theirs = resource._get_stack_trace
    resource._get_stack_trace = stack_trace
    try:
        yield
    finally:
        resource._get_stack_trace = theirs


def stack_trace() -> source_pb2.StackTrace:
    """The frames outside a resource's constructors, the innermost first, as the SDK has them."""
    frame: FrameType | None = sys._getframe(1)
    left = _CONSTRUCTORS
    while frame is not None and left:
        left -= frame.f_code.co_name == "__init__"
        frame = frame.f_back
    frames = []
    while frame is not None:
        frames.append(_place(frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return source_pb2.StackTrace(frames=frames)


@cache
def _place(file: str, line: int) -> source_pb2.StackFrame:
    try:
        address = Path(file).as_uri()
    except ValueError:  # `<string>`: no file
        return source_pb2.StackFrame()
    return source_pb2.StackFrame(pc=source_pb2.SourcePosition(uri=address, line=line))
