# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos and folders of photos -> copies in another folder, by several processes, again and again.

With sidecars (enhancer/sidecar.py) a run skips what is done and goes on where another was killed. A run that keeps them
holds a lock on the output folder, which its workers share: leftovers of killed runs are removed then.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections import Counter, deque
from collections.abc import Container, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from editor_ops.full_size import cores
from models import Policy
from models.files import temporary_stem, with_ending

from . import files, formats, kinds, photo, sidecar
from .ahead import Read
from .enhance import decide, enhance
from .format_names import FORMATS
from .task import Enhanced, Settings, Task

MEMORY = 2 * 2**30
"""Bytes of memory that the machine has for each process: 24 megapixels need up to 0.5 GB, and others live too."""
PART = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)\.part", re.DOTALL)
"""As `models.files.temporary_path` names them; name: what `temporary_stem` makes of the file's own."""


@dataclass
class Plan:
    """What is to be done: a task a photo; inputs that are none, with the reason; and whether sidecars are kept.

    made_here counts the photos in the folders that this command has made itself: they are left out. So are other files;
    left_out counts them by their kinds.
    """

    out: Path
    keeps_sidecars: bool
    tasks: list[Task] = field(default_factory=list)
    problems: list[Enhanced] = field(default_factory=list)
    made_here: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def n(self) -> int:
        return len(self.tasks) + len(self.problems)


def plan(inputs: list[Path], out: Path, settings: Settings, sidecars: bool = False) -> Plan:
    """Which copies are made of photos and folders of photos. PhotoError where two would get one name.

    A photo's copy lies in `out` under its name. So do the contents of a single folder, with its folders; where there
    are several inputs, each folder's contents lie below its own name. Of a folder are taken: files with a photo's
    suffix, links to files too; not what is hidden, links to folders, `out`, and copies that this command made.
    Sidecars are kept where an input is a folder, or where they are asked for.
    """
    plan = Plan(out, sidecars or any(path.is_dir() for path in inputs))
    for path in inputs:
        if not path.is_dir():
            _add(plan, path, Path(path.name), settings)
            continue
        if files.same(path, out):
            raise photo.PhotoError(f"{path}: is the folder of the photos itself: choose another folder with --out")
        below = Path(os.path.abspath(path)).name if len(inputs) > 1 else ""
        before = plan.n + plan.made_here
        for found in files.walk(path, out, partial(_unreadable, plan), partial(_other, plan)):
            if sidecar.is_copy(found):
                plan.made_here += 1
            else:
                _add(plan, found, below / found.relative_to(path), settings)
        if plan.n + plan.made_here == before:
            suffixes = ", ".join(sorted(kinds.SUFFIXES))
            plan.problems.append(Enhanced(path, problem=f"{path}: has no photos ({suffixes}): give another folder"))
    _check_names(plan.tasks)
    return plan


def _unreadable(plan: Plan, folder: Path, error: OSError) -> None:
    problem = f"{folder}: cannot be looked into ({error.strerror}): check the rights"
    plan.problems.append(Enhanced(folder, problem=problem))


def _other(plan: Plan, path: Path) -> None:
    """A file that is no photo; what lies beside our copies, for us and for other programs, goes with these."""
    if path.suffix == sidecar.SUFFIX and sidecar.read(path) is not None:
        return
    copies = (path.with_name(path.name.removesuffix(end)) for end in FORMATS.values() if path.name.endswith(end))
    if not any(sidecar.is_copy(copy) for copy in copies):
        plan.left_out[kinds.named(path.name)] += 1


def _add(plan: Plan, path: Path, name: Path, settings: Settings) -> None:
    output = plan.out / name
    both = with_ending(output.stem, "-before-after.jpg")
    comparison = output.with_name(both) if settings.before_after else None
    others = {each: formats.path_for(each, output) for each in settings.formats}
    plan.tasks.append(Task(path, output, comparison, sidecar.path_for(output) if plan.keeps_sidecars else None, others))


def _check_names(tasks: list[Task]) -> None:
    """PhotoError where two photos would have one file."""
    taken: dict[Path, Path] = {}
    for task in tasks:
        for path in task.files:
            if path in taken:
                raise photo.PhotoError(
                    f"{taken[path]} and {task.photo}: would both be written to {path}: "
                    "rename one, or give them in two commands with two folders"
                )
            taken[path] = task.photo


def run(
    plan: Plan, policy: Policy, settings: Settings, jobs: int | None = None, read: Read = photo.read
) -> Generator[Enhanced, None, None]:
    """Does what is planned: what becomes of each photo as soon as it is known, those that were done before first.

    jobs: processes (None: as the machine has cores and memory for); with one, this process does all, on all cores. A
    photo that cannot be done comes with its problem, and the rest go on. Closing the iterator (after Ctrl-C) stops at
    once and leaves nothing half written. read: how this process gets a photo. PhotoError where the folder cannot be
    written to.
    """
    with contextlib.ExitStack() as stack:
        if not settings.dry:
            make_folder(plan.out)
            if plan.keeps_sidecars:
                stack.enter_context(files.exclusive_lock(plan.out))
                _clear(plan.tasks)
        yield from plan.problems
        todo = []
        for task in plan.tasks:
            before = _before(task, settings, policy.sha256)
            if before is None:  # a dry run minds nothing that a run would remove
                todo.append(
                    replace(task, sidecar=None, comparison=None, others={}) if settings.dry and task.sidecar else task
                )
            else:
                yield before
        n = min(jobs or usual_jobs(), len(todo))
        work = _run_serial(todo, policy, settings, read) if n < 2 else _by_workers(todo, policy, settings, n, plan)
        yield from stack.enter_context(contextlib.closing(work))


def usual_jobs() -> int:
    """As many processes as this one may use cores, where the memory is enough for photos of 24 megapixels."""
    n_cores = cores()
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows doesn't say
        return n_cores
    return max(1, min(n_cores, memory // MEMORY))


def make_folder(folder: Path) -> None:
    """Makes the folder for the copies, and makes sure that it can be written to. PhotoError otherwise."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        cause = error.strerror or str(error)
        raise photo.PhotoError(f"{folder}: cannot be written to ({cause}): choose another folder with --out") from error


def _before(task: Task, settings: Settings, model: str) -> Enhanced | None:
    """What is known of a photo before any work: that it is done, or can't be; None where it is to be done."""
    try:
        if not task.sidecar:
            photo.check_free(*task.files)
            return None
        record, unfinished = sidecar.check_existing(task, settings, model)
        if record is not None:
            return Enhanced(task.photo, task.output, comparison=task.comparison, record=record)
        for path in [] if settings.dry else unfinished:
            path.unlink()
    except photo.PhotoError as error:
        return Enhanced(task.photo, problem=str(error))
    except OSError as error:
        return Enhanced(task.photo, problem=f"{task.output}: cannot be made again ({error.strerror}): check the rights")
    return None


def _one(
    task: Task, policy: Policy, settings: Settings, read: Read = photo.read, already_written: bool = False
) -> Enhanced:
    """One photo, or its problem. already_written: its copy is made, and only what was decided is to be known again."""
    try:
        if already_written:
            return decide(task, policy, settings)[1]
        if not settings.dry:
            task.output.parent.mkdir(parents=True, exist_ok=True)
        return enhance(task, policy, settings, read)
    except photo.PhotoError as error:
        return Enhanced(task.photo, problem=str(error))
    except MemoryError:
        return Enhanced(
            task.photo, problem=f"{task.photo}: needs more memory than there is: scale it down or crop it first"
        )
    except OSError as error:  # of the folder
        return Enhanced(task.photo, problem=f"{task.output}: cannot be written ({error.strerror}): check the rights")


def _run_serial(tasks: list[Task], policy: Policy, settings: Settings, read: Read) -> Generator[Enhanced, None, None]:
    for task in tasks:
        yield _one(task, policy, settings, read)


# Worker processes. Each loads the policy once and does one photo at a time on one core.


@dataclass(frozen=True)
class _Worker:
    """How each worker starts. lock: the folder whose lock it shares."""

    policy: Path
    name: str
    settings: Settings
    lock: Path | None


def _by_workers(
    tasks: list[Task], policy: Policy, settings: Settings, n: int, plan: Plan
) -> Generator[Enhanced, None, None]:
    worker = _Worker(policy.path, policy.name, settings, plan.out if plan.keeps_sidecars and not settings.dry else None)
    left = deque(tasks)
    while left:
        # A worker that dies takes the others with it, and nobody knows whose photo it had: each that was at work is
        # tried again alone, with all the memory there is. The one that is to blame kills its worker again.
        for task in (yield from _until_one_dies(left, n, worker)):
            if os.path.lexists(task.output):  # which it was not before: a worker ended before it could tell
                yield _one(task, policy, settings, already_written=True)
                continue
            _before(task, settings, policy.sha256)  # removes a sidecar without its copy
            if (yield from _until_one_dies(deque([task]), 1, worker)):
                _before(task, settings, policy.sha256)
                yield Enhanced(
                    task.photo,
                    problem=f"{task.photo}: the process that worked on it was killed, most likely for want of memory: "
                    "close other programs, or scale it down or crop it first",
                )


def _until_one_dies(left: deque[Task], n: int, worker: _Worker) -> Generator[Enhanced, None, list[Task]]:
    """Does tasks from the left, by n workers, until none is left or a worker dies; returns those at work then."""
    from .pool import WorkerPool, no_ctrl_c  # multiprocessing: for several photos only

    running: dict[Future[Enhanced], Task] = {}
    processes: set[int] = set()
    died = False
    try:
        with WorkerPool(n, _start, (worker,)) as pool:
            while (left or running) and not died:
                while left and len(running) < n:  # no more: what is at work when one dies is tried again
                    try:
                        with no_ctrl_c():
                            running[pool.submit(_in_worker, left[0])] = left[0]
                            left.popleft()
                    except BrokenExecutor:
                        died = True
                        break
                processes |= {process.pid or 0 for process in pool.workers()}
                finished = wait(running, return_when=FIRST_COMPLETED).done
                if died := died or any(_broken(future) for future in finished):
                    finished = wait(running).done  # in a moment: each of them has its result or the same fate
                for future in finished:
                    if not _broken(future):
                        del running[future]
                        yield future.result()
    finally:
        _clear(running.values(), processes)
    return list(running.values())


def _broken(future: Future[Enhanced]) -> bool:
    return isinstance(future.exception(), BrokenExecutor)


_working: tuple[Policy, Settings]
"""In a worker: what it loaded when it started."""


def _start(worker: _Worker) -> None:
    global _working
    if worker.lock:
        files.lock(worker.lock)
    policy = Policy.load(worker.policy)
    policy.name = worker.name
    _working = policy, replace(worker.settings, threads=1)  # the cores are shared out among the processes


def _in_worker(task: Task) -> Enhanced:
    return _one(task, *_working)


# What killed runs left.


def _clear(tasks: Iterable[Task], processes: Container[int] | None = None) -> None:
    """Removes what killed processes have left half written of these photos' files; None: whoever they were.

    Only where it is sure that they write no more.
    """
    names: dict[Path, set[str]] = {}
    for task in tasks:
        names.setdefault(task.output.parent, set()).update(temporary_stem(path.name) for path in task.files)
    for folder, known in names.items():
        with contextlib.suppress(OSError):  # not made yet, or not to be looked into: then nothing can be written either
            for path in folder.iterdir():
                part = PART.fullmatch(path.name)
                if part and part["name"] in known and (processes is None or int(part["process"]) in processes):
                    path.unlink()
