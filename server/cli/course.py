"""How far long work is, on a terminal as a bar, elsewhere as lines: phase, part of the whole, how long it may take."""

import contextlib
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from server.sim.course import Course, hours
from server.sim.province import Tell

LINE_EVERY_S = 30.0
WHOLE = 1000


@contextlib.contextmanager
def shown(course: Course, out: TextIO) -> Iterator[Tell]:
    """What is told goes to the course, and is shown for as long as this is open."""
    with _bars(course, out) if out.isatty() else contextlib.nullcontext(_Lines(course, out)) as tell:
        yield tell


class _Lines:
    """A line when a phase begins, and every half a minute."""

    def __init__(self, course: Course, out: TextIO) -> None:
        self._course, self._out = course, out
        self._phase, self._said_s = "", 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        course = self._course
        course.tell(what, done, total)
        if what != self._phase or course.elapsed_s - self._said_s >= LINE_EVERY_S:
            self._phase, self._said_s = what, course.elapsed_s
            print(course.line(), file=self._out, flush=True)


class _Left(ProgressColumn):
    """Runs down between what is told."""

    def __init__(self, course: Course) -> None:
        super().__init__()
        self._course = course

    def render(self, task: Task) -> Text:
        """Of the whole, whatever the task."""
        left_s = self._course.left_s
        return Text("" if left_s is None else f"about {hours(left_s)} left")


@contextlib.contextmanager
def _bars(course: Course, out: TextIO) -> Iterator[Tell]:
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), _Left(course)
    with Progress(*columns, console=Console(file=out), transient=True) as progress:
        bar = progress.add_task("", total=WHOLE)

        def tell(what: str, done: int, total: int) -> None:
            course.tell(what, done, total)
            progress.update(bar, description=f"{what} {done}/{max(total, done)}", completed=course.part * WHOLE)

        yield tell
