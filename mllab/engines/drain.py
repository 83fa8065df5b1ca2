"""Two things that make the SDK run a program four to five times as fast, on every engine."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi.runtime import settings


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector: with hundreds of live tasks per resource every collection scans
    everything and finds nothing."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


async def drain() -> None:
    """Wait for all registrations and all outputs in bulk, before the SDK awaits them one by one,
    which is quadratic."""
    manager = settings._get_rpc_manager()
    while True:
        await asyncio.sleep(0)
        while manager.rpcs:
            calls, manager.rpcs[:] = list(manager.rpcs), []
            await asyncio.gather(*calls)
        if manager.unhandled_exception is not None:
            raise manager.unhandled_exception.with_traceback(manager.exception_traceback)
        with settings.SETTINGS.lock:
            outputs = list(settings.SETTINGS.outputs)
            settings.SETTINGS.outputs.clear()
        if not outputs and not manager.rpcs:
            return
        await asyncio.gather(*outputs)
