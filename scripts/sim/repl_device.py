# Runs on MicroPython: the REPL of a board, for scripts/sim/bare_board_program.py. Friendly and raw, raw paste too, and
# the modules of a chip as far as one asks them from outside.
#
#   repl_device.py IMAGE SPOOL FACTS      IMAGE: the system volume; SPOOL: the spool's file; FACTS: a JSON object
#
# 1. What is typed is bytes from standard input. Ctrl-C comes twice: as an interrupt (SIGINT), as the UART driver makes
#    one, and among the bytes. The interrupt ends what runs. Where nothing runs yet, the byte says when it is its turn:
#    what was typed before it has run by then, or begins to and is ended, however late it is read.
# 2. Raw REPL (Ctrl-A): code up to Ctrl-D, then OK, what it prints, 04, how it failed, 04, >. Ctrl-E A 01 begins a raw
#    paste, in windows of WINDOW bytes. Ctrl-B goes back. Ctrl-D on an empty line is a soft reset.
# 3. The volume is mounted at /, as on a board. A blank one is formatted, as a stock MicroPython does.
# 4. `sys` says that it is the board's chip (`machine` of FACTS), and is this interpreter's in all else.
# 5. machine.reset() ends the process with 75, machine.bootloader() with 76.
# Source: MicroPython 1.25, shared/runtime/pyexec.c.
import binascii
import io
import json
import os
import sys
import time

import vfs

WINDOW = 128
RESET, BOOTLOADER = 75, 76
LAST_WORDS_MS = 100
BLOCK = 4096
INTERRUPT, END, PASTE = b"\x03", b"\x04", b"\x05"


class Image:
    # A block device over one file, or over several after each other.
    def __init__(self, files, start=0, length=None):
        self._files = files
        total = sum(size for _, size in files)
        self._start = start
        self._length = total - start if length is None else length

    def _each(self, at, buffer):
        at += self._start
        view, done = memoryview(buffer), 0
        for file, size in self._files:
            if at < size and done < len(buffer):
                part = min(size - at, len(buffer) - done)
                file.seek(at)
                yield file, view[done : done + part]
                done, at = done + part, at + part
            at -= size

    def readblocks(self, number, buffer, offset=0):
        for file, part in self._each(number * BLOCK + offset, buffer):
            file.readinto(part)

    def writeblocks(self, number, buffer, offset=None):
        if offset is None:
            self.ioctl(6, number)
            offset = 0
        for file, part in self._each(number * BLOCK + offset, buffer):
            file.write(part)
            file.flush()

    def ioctl(self, what, argument):
        if what == 4:
            return self._length // BLOCK
        if what == 5:
            return BLOCK
        if what == 6:
            for file, part in self._each(argument * BLOCK, bytearray(b"\xff" * BLOCK)):
                file.write(part)
                file.flush()
            return 0
        return 0


class Machine:
    SOFT_RESET, PWRON_RESET = 5, 1

    def __init__(self, facts):
        self._id = binascii.unhexlify(facts["id"])

    def unique_id(self):
        return self._id

    def reset(self):
        leave(RESET)

    def bootloader(self, *_):
        leave(BOOTLOADER)

    def reset_cause(self):
        return self.PWRON_RESET

    def freq(self):
        return 160000000


class Rp2:
    def __init__(self, files):
        self._files = files

    def Flash(self, start=0, len=None):
        return Image(self._files, start, len)


class Other:
    # An object with some of its attributes said otherwise.
    def __init__(self, whole, said):
        self._whole = whole
        self._said = said

    def __getattr__(self, name):
        said = self.__dict__.get("_said", {})
        return said[name] if name in said else getattr(self.__dict__["_whole"], name)


class Left(Exception):
    pass


def leave(code):
    time.sleep_ms(LAST_WORDS_MS)
    raise Left(code)


def opened(path):
    return open(path, "r+b"), os.stat(path)[6]


class Repl:
    # An interrupt may fall on any jump in here. What was read stays in `_byte` until all that follows from it is done,
    # in lines without a jump; what is to run stays in `_job`, and what is to be told in `_told`.
    def __init__(self, names):
        self._fresh = names
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self.names = dict(names)
        self.raw = False
        self._byte = self._job = self._pasted = None
        self._line = self._told = b""
        self._left = 0
        self._early = 0  # interrupts that came while nothing ran: their Ctrl-C is still to be read, and counts then
        self._done = 0  # those that ended what ran: their Ctrl-C is still to be read, and does nothing

    def run(self):
        self._greet()
        while True:
            try:
                self._turn()
            except KeyboardInterrupt:
                self._early += 1

    def _greet(self):
        if self.raw:
            self._told += b"raw REPL; CTRL-B to exit\r\n>"
        else:
            self._told += b"MicroPython v1.25.0 on a stand-in; %s\r\n" % self._fresh["__board__"].encode()
            self._told += b'Type "help()" for more information.\r\n>>> '

    def _turn(self):
        if self._told:
            self._out.write(self._told)
            self._told = b""
        elif self._job:
            self._run_job()
        elif self._byte is None:
            self._byte = self._in.read(1)
        elif not self._byte:
            leave(0)
        elif self._byte == INTERRUPT:
            self._interrupted()
        elif self._pasted is not None:
            self._paste(self._byte)
        else:
            self._typed(self._byte)

    def _interrupted(self):
        if self._done:
            self._done -= 1
            self._byte = None
            return
        early = max(0, self._early - 1)
        told = b"\r\n>" if self.raw else b"\r\n>>> "
        if self._pasted is not None:
            told = END + END + trace(KeyboardInterrupt()) + END + b">"
        self._early, self._told, self._line, self._pasted, self._byte = early, told, b"", None, None

    def _typed(self, byte):
        if byte == b"\x01" or byte == b"\x02":
            raw = byte == b"\x01"
            told = b"" if raw else b"\r\n"
            self.raw, self._told, self._line, self._byte = raw, told, b"", None
            self._greet()
        elif byte == END:
            self._end(self._line)
        elif self.raw and byte == PASTE and not self._line:
            self._begin_paste()
        elif self.raw:
            self._line, self._byte = self._line + byte, None
        elif byte in b"\r\n":
            self._told, self._job, self._line, self._byte = b"\r\n", (self._friendly, self._line), b"", None
        else:
            self._told, self._line, self._byte = byte, self._line + byte, None

    def _end(self, line):
        if line and self.raw:
            self._told, self._job, self._line, self._byte = b"OK", (self._execute, line), b"", None
            return
        self._told, self._line, self._byte, self.names = b"\r\nMPY: soft reboot\r\n", b"", None, dict(self._fresh)
        self._greet()

    def _begin_paste(self):
        if self._in.read(2) != b"A\x01":
            self._told, self._byte = b"R\x00", None
            return
        window = bytes((WINDOW & 255, WINDOW >> 8))
        self._told, self._pasted, self._left, self._byte = b"R\x01" + window + b"\x01", b"", 2 * WINDOW, None

    def _paste(self, byte):
        if byte == END:
            self._told, self._job, self._pasted, self._byte = END, (self._execute, self._pasted), None, None
        elif self._left - 1 == WINDOW:
            self._told, self._pasted, self._left, self._byte = b"\x01", self._pasted + byte, 2 * WINDOW, None
        else:
            self._pasted, self._left, self._byte = self._pasted + byte, self._left - 1, None

    def _run_job(self):
        try:
            (run, code), self._job = self._job, None
            if self._early:
                self._early -= 1
                raise KeyboardInterrupt
            how = run(code)
        except Left:
            self._out.write(END + END if self.raw else b"")
            raise
        except BaseException as bad:
            self._done += isinstance(bad, KeyboardInterrupt)
            how = trace(bad)
        self._told = END + how + END + b">" if self.raw else how + b">>> "

    def _execute(self, code):
        exec(compile(code.decode(), "<stdin>", "exec"), self.names)  # noqa: S102  (it is what it is for)
        return b""

    def _friendly(self, line):
        text = line.decode().strip()
        if not text:
            return b""
        try:
            code = compile(text, "<stdin>", "eval")
        except SyntaxError:
            return self._execute(line)
        value = eval(code, self.names)  # noqa: S307
        if value is not None:
            print(repr(value))
        return b""


def trace(bad):
    out = io.StringIO()
    sys.print_exception(bad, out)
    lines = [line for line in out.getvalue().split("\n") if "repl_device.py" not in line]
    return "\r\n".join(lines).encode()


def mounted(file):
    device = Image([file])
    try:
        volume = vfs.VfsLfs2(device, readsize=128, progsize=32, lookahead=32, mtime=False)
    except OSError:
        vfs.VfsLfs2.mkfs(device, readsize=128, progsize=32, lookahead=32)
        volume = vfs.VfsLfs2(device, readsize=128, progsize=32, lookahead=32, mtime=False)
    vfs.umount("/")
    vfs.mount(volume, "/")


def main():
    image, spool, facts = opened(sys.argv[1]), opened(sys.argv[2]), json.loads(sys.argv[3])
    machine = Machine(facts)
    sys.modules["machine"] = machine
    implementation = Other(sys.implementation, {"_machine": facts["machine"]})
    sys.modules["sys"] = Other(sys, {"implementation": implementation})
    if facts["chip"].startswith("rp2"):
        sys.modules["rp2"] = Rp2([image, spool])
    mounted(image)
    sys.path[:] = ["", ".frozen", "/lib"]
    code = 0
    try:
        Repl({"__name__": "__main__", "__board__": facts["board"]}).run()
    except Left as left:
        code = left.args[0]
    vfs.umount("/")
    sys.exit(code)


main()
