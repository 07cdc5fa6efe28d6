# What MicroPython's unix port has no name for, by way of ffi.

import array

import ffi

SIGINT = 2
SIGTERM = 15
_SIG_BLOCK = 0
_ITIMER_REAL = 0
_SIGSET_BYTES = 128
_NONBLOCK_CLOEXEC = 0o2004000
_O_RDWR_NOCTTY_NONBLOCK = 0o2 | 0o400 | 0o4000

_libc = ffi.open("libc.so.6")
_open = _libc.func("i", "open", "si")
_sigprocmask = _libc.func("i", "sigprocmask", "ipp")
_setitimer = _libc.func("i", "setitimer", "ipp")
exit_at_once = _libc.func("v", "_exit", "i")
_signalfd = _libc.func("i", "signalfd", "ipi")


def open_tty(path):
    # -> a file descriptor. Not our controlling terminal (a reader that is unplugged must not end the process), and
    # without waiting for a carrier.
    fd = _open(path, _O_RDWR_NOCTTY_NONBLOCK)
    if fd < 0:
        raise OSError(2, path)
    return fd


def open_signals(numbers):
    # Signals as bytes to read, so that one never arrives in the middle of something.
    mask = bytearray(_SIGSET_BYTES)
    for number in numbers:
        mask[(number - 1) // 8] |= 1 << (number - 1) % 8
    _sigprocmask(_SIG_BLOCK, mask, None)
    return open(_signalfd(-1, mask, _NONBLOCK_CLOEXEC), "rb")


def set_alarm(after_ms):
    # After so much real time without a further call SIGALRM ends the process; 0: never.
    words = array.array("l", (0, 0, after_ms // 1000, after_ms % 1000 * 1000))  # struct itimerval: interval, value
    _setitimer(_ITIMER_REAL, words, None)
