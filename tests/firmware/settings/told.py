# Runs on MicroPython: stories, one after the other, each a coroutine function whose name says what must hold.

import asyncio
import gc
import sys


def run(stories):
    # `stories`: the globals of a script
    for name in sys.argv[1:]:
        gc.collect()
        try:
            asyncio.run(stories[name]())
        except BaseException as bad:
            print("failed", name)
            sys.print_exception(bad, sys.stdout)
            asyncio.new_event_loop()
        else:
            print("ok", name)
