"""Runs the user's program in this process, against a monitor object instead of a server.

The SDK keeps everything of a run in context variables, so the program runs in a copied context on a
loop of its own, and leaves nothing behind. Three things make it fast (four to five times, measured
with 1,000 resources): calls of the monitor run on the loop's own thread, the garbage collector
pauses (hundreds of live tasks per resource make every collection scan everything and find nothing),
and outputs are awaited in bulk before the SDK awaits them one by one, which is quadratic.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, Final

from pulumi.runtime import config as sdk_config
from pulumi.runtime import settings
from pulumi.runtime.settings import ROOT, Settings
from pulumi.runtime.stack import run_in_stack

from mllab.engines.contract import StackTarget
from mllab.engines.drain import collector_paused, drain
from mllab.engines.stack_trace import places_known
from mllab.protocol.failure import Abort

_PATIENCE: Final = 5.0
"""Seconds that a cancelled task of the program gets to end."""


class Host:
    """Runs one program once.

    Args:
        target: whose program it is.
        dry: what `pulumi.runtime.is_dry_run` says.
        threads: how many calls of the monitor run side by side, each on a thread; 0 for the loop's
            own thread, one after the other, always in the same order.
    """

    def __init__(self, target: StackTarget, *, dry: bool, threads: int) -> None:
        self._target, self._dry, self._threads = target, dry, threads
        self._loop: asyncio.AbstractEventLoop | None = None
        self._why: BaseException | None = None
        self.trace: TracebackType | None = None
        """Where the program stopped; the SDK raises its errors once more, from elsewhere."""

    def abort(self, why: BaseException) -> None:
        """End the run at once, from whatever thread: `run` raises `why`."""
        self._why = self._why or why
        if self._loop is not None:
            self._loop.call_soon_threadsafe(_leave)

    def broke(self, why: BaseException) -> bool:
        """True for what `abort` was told: the engine or a provider broke, and not the program."""
        return self._why is why

    def run(self, monitor: object, log: object) -> None:
        """Run the program to its end. Raises what it raises, or what `abort` was told.

        In a thread with a running loop (a notebook, an async test) that loop cannot be used again
        from inside; the program then runs in a thread of its own, and the caller's loop stands
        still for so long.
        """
        if _inside_a_loop():
            self._in_a_thread(lambda: self._isolated(monitor, log))
        else:
            self._isolated(monitor, log)

    def _in_a_thread(self, work: Callable[[], None]) -> None:
        raised: list[BaseException] = []

        def body() -> None:
            try:
                work()
            except BaseException as why:  # handed to the caller below
                raised.append(why)

        thread = threading.Thread(target=contextvars.copy_context().run, args=(body,))
        thread.start()
        thread.join()
        if raised:
            raise raised[0]

    def _isolated(self, monitor: object, log: object) -> None:
        with collector_paused(), places_known():
            contextvars.copy_context().run(self._run, monitor, log)

    def _run(self, monitor: object, log: object) -> None:
        ROOT.set(None)
        settings.configure(
            Settings(
                project=self._target.project,
                stack=self._target.stack,
                organization="organization",
                monitor=monitor,
                engine=log,
                dry_run=self._dry,
                legacy_apply_enabled=False,  # else the environment decides
                root_directory=str(self._target.root),
                parallel=max(1, self._threads),
            )
        )
        sdk_config.set_all_config({}, [])
        sdk_config.CONFIG.set(_Closed(self._target.config))
        loop = self._loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)  # what matters is raised by the drain
        executor: Executor = ThreadPoolExecutor(self._threads) if self._threads else _Inline()
        loop._default_executor = executor  # type: ignore[attr-defined]  # the setter takes thread pools only
        hearing = self._hear_interrupts(loop)
        try:
            loop.run_until_complete(self._whole())
        except BaseException:
            if self._why is not None:
                raise self._why from None
            raise
        finally:
            for number in hearing:
                loop.remove_signal_handler(number)  # back to the system's own way, not to ours
                signal.signal(number, signal.default_int_handler)
            executor.shutdown(wait=True)
            self._clean(loop)

    def _hear_interrupts(self, loop: asyncio.AbstractEventLoop) -> tuple[signal.Signals, ...]:
        """Let Ctrl-C end the run between two steps of the loop; a second one strikes at once.

        Raised wherever Python happens to be, it may end up in the SDK, which catches everything
        that a program raises and then waits for outputs that never come.

        Returns:
            The signals that are heard: SIGINT, and SIGTERM where it was made to mean the same.
        """
        if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
            return ()  # only the main thread hears signals, and on Windows no loop does
        heard = tuple(
            number
            for number in (signal.SIGINT, signal.SIGTERM)
            if signal.getsignal(number) is signal.default_int_handler  # else somebody else listens
        )

        def hear() -> None:
            for number in heard:
                signal.signal(number, signal.default_int_handler)
            self.abort(KeyboardInterrupt())

        for number in heard:
            loop.add_signal_handler(number, hear)
        return heard

    async def _whole(self) -> None:
        """The program and its outputs: the SDK registers them last, and does not await that."""
        await run_in_stack(self._main)
        await drain()

    async def _main(self) -> None:
        try:
            result = self._target.program()
            if inspect.isawaitable(result):
                await result
        except Exception as why:
            self.trace = why.__traceback__
            raise
        await drain()

    def _clean(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let nothing of the program live on: after an abort its tasks would wait for ever."""
        for _ in range(3):  # what is cancelled may begin something new while it ends
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            if tasks:
                with suppress(Exception, Abort):
                    loop.run_until_complete(asyncio.wait(tasks, timeout=_PATIENCE))
        loop.close()


class _Inline(Executor):
    """Runs calls at once, on the thread that makes them."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as why:  # handed to the task that waits
            future.set_exception(why)
        return future


class _Closed(dict[str, str]):
    """Configuration that is what was given and nothing else.

    The SDK looks for missing keys in PULUMI_CONFIG and PULUMI_CONFIG_<KEY>; a lab must not depend
    on who runs it.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> Any:
        return None


def _leave() -> None:
    raise Abort


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
