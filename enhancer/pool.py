# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker processes: how they are started, and how they end with the process that started them."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import active_children, connection, get_context, parent_process
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class WorkerPool(ProcessPoolExecutor):
    """n worker processes, used in a `with` statement.

    They are spawned: a fork of a process with onnxruntime's, NumPy's or torch's threads may hang. Ctrl-C reaches the
    parent alone, and a parent that is killed takes its workers with it. An exception that leaves the `with` statement,
    such as Ctrl-C's, ends the workers at once; with finish_tasks, each ends its present task first, so that no file is
    left half written. initializer(*arguments) runs first in each worker.
    """

    def __init__(
        self,
        n: int,
        initializer: Callable[..., None] | None = None,
        arguments: tuple[Any, ...] = (),
        finish_tasks: bool = False,
    ) -> None:
        self._other_children = active_children()
        self._finish_tasks = finish_tasks
        super().__init__(n, get_context("spawn"), _start, (initializer, arguments))

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        with no_ctrl_c():  # it may start a process
            return super().submit(function, *args, **kwargs)

    def workers(self) -> list[BaseProcess]:
        """The worker processes that are alive."""
        return [child for child in active_children() if child not in self._other_children]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None and not self._finish_tasks:
            for worker in self.workers():
                worker.kill()
        self.shutdown(cancel_futures=True)


@contextlib.contextmanager
def no_ctrl_c() -> Iterator[None]:
    """Delays Ctrl-C to the end of the block. A process that is started in it never gets one, even while it starts."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(initializer: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    """The first thing that a worker runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        if parent := parent_process():
            connection.wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    if initializer is not None:
        initializer(*arguments)
