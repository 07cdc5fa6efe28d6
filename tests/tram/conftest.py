"""Ctrl-C reaches what the tests start, also where they run in the background of a shell (which ignores it there)."""

import signal

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
