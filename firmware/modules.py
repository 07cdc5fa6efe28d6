# Code that is needed seldom is loaded when it is needed, inside the function that needs it, and let go after.

import gc
import sys


def forget(name):
    # A package and all below it: the next import loads it anew. Who still holds a part of it keeps that part.
    below = name + "."
    for loaded in list(sys.modules):
        if loaded == name or loaded.startswith(below):
            del sys.modules[loaded]
    parent, _, last = name.rpartition(".")
    if parent in sys.modules:
        try:
            delattr(sys.modules[parent], last)
        except (AttributeError, KeyError):  # KeyError: MicroPython
            pass  # it was never put there
    gc.collect()
