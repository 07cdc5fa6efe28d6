# Runs on MicroPython: the REPL of a board, for scripts/sim/bare_board_program.py. Friendly and raw, raw paste too, and
# the modules of a chip as far as one asks them from outside.
#
#   repl_device.py IMAGE SPOOL FACTS      IMAGE: the system volume; SPOOL: the spool's file; FACTS: a JSON object
#
# 1. What is typed is bytes from standard input. Ctrl-C comes as an interrupt (SIGINT), as the UART driver makes one.
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
    def __init__(self, names):
        self._fresh = names
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self.names = dict(names)
        self.raw = False

    def run(self):
        self._greet()
        while True:
            try:
                self._turn()
            except KeyboardInterrupt:
                self._say(b"\r\n>" if self.raw else b"\r\n>>> ")

    def _greet(self):
        if self.raw:
            self._say(b"raw REPL; CTRL-B to exit\r\n>")
        else:
            self._say(b"MicroPython v1.25.0 on a stand-in; %s\r\n" % self._fresh["__board__"].encode())
            self._say(b'Type "help()" for more information.\r\n>>> ')

    def _say(self, data):
        self._out.write(data)

    def _turn(self):
        line = b""
        while True:
            byte = self._in.read(1)
            if not byte:
                leave(0)
            if byte == b"\x01":
                self.raw = True
                return self._greet()
            if byte == b"\x02":
                self.raw = False
                self._say(b"\r\n")
                return self._greet()
            if byte == INTERRUPT:
                line = b""
                if not self.raw:
                    self._say(b"\r\n>>> ")
            elif byte == END:
                return self._end(line)
            elif byte == PASTE and self.raw and not line:
                return self._paste()
            elif self.raw:
                line += byte
            elif byte in b"\r\n":
                self._say(b"\r\n")
                return self._friendly(line)
            else:
                line += byte
                self._say(byte)

    def _end(self, line):
        if line and self.raw:
            self._say(b"OK")
            return self._execute(line)
        self._say(b"\r\nMPY: soft reboot\r\n")
        self.names = dict(self._fresh)
        self._greet()

    def _paste(self):
        kind = self._in.read(2)
        if kind != b"A\x01":
            return self._say(b"R\x00")
        self._say(b"R\x01" + bytes((WINDOW & 255, WINDOW >> 8)) + b"\x01")
        code, left = b"", 2 * WINDOW
        while True:
            byte = self._in.read(1)
            if byte == END:
                break
            code += byte
            left -= 1
            if left == WINDOW:
                self._say(b"\x01")
                left += WINDOW
        self._say(END)
        self._execute(code)

    def _execute(self, code):
        told = b""
        try:
            exec(compile(code.decode(), "<stdin>", "exec"), self.names)  # noqa: S102  (it is what it is for)
        except Left:
            self._say(END + END)
            raise
        except BaseException as bad:
            told = trace(bad)
        self._say(END + told + END + b">")

    def _friendly(self, line):
        text = line.decode().strip()
        if text:
            try:
                self._show(text)
            except Left:
                raise
            except BaseException as bad:
                self._say(trace(bad))
        self._say(b">>> ")

    def _show(self, text):
        try:
            code = compile(text, "<stdin>", "eval")
        except SyntaxError:
            exec(compile(text, "<stdin>", "exec"), self.names)  # noqa: S102
            return
        value = eval(code, self.names)  # noqa: S307
        if value is not None:
            print(repr(value))


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
