"""A process that dies before its n-th step on the disk: what a power cut leaves, as far as names and order go."""

import os
from collections.abc import Callable

STEPS = ("open", "fsync", "replace", "close", "kill", "unlink")


def dies_at(step: int, do: Callable[[], object]) -> bool:
    """Run `do` in a process of its own that dies before its n-th step; -> whether it died."""
    child = os.fork()
    if child == 0:
        left = step

        def cut(real):
            def one(*words, **more):
                nonlocal left
                left -= 1
                if left < 0:
                    os._exit(9)
                return real(*words, **more)

            return one

        for name in STEPS:
            setattr(os, name, cut(getattr(os, name)))
        try:
            do()
        except BaseException:
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 9
