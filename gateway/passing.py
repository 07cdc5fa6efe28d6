"""Faults of the buffer that go by when their cause does: they are seen in its state, and what failed is asked again."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.buffer import BufferFault

PASSING = ("disk_full", "io")
"""With any other the buffer has to be opened anew."""


@contextmanager
def passing_faults() -> Iterator[None]:
    try:
        yield
    except BufferFault as fault:
        if fault.code not in PASSING:
            raise
