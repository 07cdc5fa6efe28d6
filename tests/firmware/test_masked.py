"""What may write to a flash that masks interrupts stands between `hold` and `release`; what only reads does not."""

import pytest

from firmware.files import Files
from firmware.masked import MaskedFs
from firmware.metered import Metered


class Fs:
    """A file system in a dictionary, which notes each call and whether it was announced."""

    def __init__(self):
        self.calls, self.held, self.kept, self.fails = [], False, {}, None

    def hold(self):
        assert not self.held
        self.held = True

    def release(self):
        assert self.held
        self.held = False

    def _note(self, name):
        self.calls.append((name, self.held))
        if name == self.fails:
            raise OSError(5)

    def open(self, path, mode):
        self._note("open " + mode)
        if mode == "rb" and path not in self.kept:
            raise OSError(2)
        return Opened(self, path, mode)

    def rename(self, old, new):
        self._note("rename")
        self.kept[new] = self.kept.pop(old)

    def remove(self, path):
        self._note("remove")
        del self.kept[path]

    def mkdir(self, path):
        self._note("mkdir")

    rmdir = mkdir

    def stat(self, path):
        self._note("stat")

    statvfs = ilistdir = stat


class Opened:
    def __init__(self, fs, path, mode):
        self._fs, self._path = fs, path
        if mode == "wb":
            fs.kept[path] = b""

    def write(self, data):
        self._fs._note("write")
        self._fs.kept[self._path] += data

    def read(self):
        self._fs._note("read")
        return self._fs.kept[self._path]

    def flush(self):
        self._fs._note("flush")

    def close(self):
        self._fs._note("close")


def masked():
    fs = Fs()
    return fs, Files(MaskedFs(fs, fs.hold, fs.release))


def test_a_file_is_written_whole_with_every_write_announced():
    fs, files = masked()
    files.make_folder("/x")
    files.write("/x/a", b"content")
    assert [held for name, held in fs.calls] == [True] * len(fs.calls)
    assert [name for name, _ in fs.calls] == ["mkdir", "open wb", "write", "write", "close", "rename"]
    files.remove("/x/a")
    assert fs.calls[-1] == ("remove", True)
    assert not fs.held


def test_reading_is_not_announced():
    fs, files = masked()
    files.write("/a", b"content")
    fs.calls.clear()
    assert files.read("/a") == b"content"
    files.fs.stat("/a")
    files.fs.statvfs("/")
    assert fs.calls
    assert all(not held for _, held in fs.calls)


@pytest.mark.parametrize("call", ["open wb", "write", "close", "rename"])
def test_a_write_that_fails_is_released_all_the_same(call):
    fs, files = masked()
    fs.fails = call
    with pytest.raises(OSError, match="5"):
        files.write("/a", b"content")
    assert not fs.held


class Chip:
    prog_bytes = 32

    def __init__(self, fs):
        self._fs = fs

    def readblocks(self, number, buffer, offset=0):
        self._fs._note("read")
        return 0

    def writeblocks(self, number, buffer, offset=0):
        self._fs._note("program")
        return 0

    def ioctl(self, operation, argument):
        self._fs._note(f"ioctl {operation}")
        return 0


def test_a_flash_announces_and_counts_its_programs_and_erases_only():
    fs = Fs()
    flash = Metered(Chip(fs), fs.hold, fs.release)
    flash.readblocks(0, bytearray(4))
    flash.ioctl(4, 0)
    flash.writeblocks(0, b"abcd", 0)
    flash.ioctl(6, 3)
    assert fs.calls == [("read", False), ("ioctl 4", False), ("program", True), ("ioctl 6", True)]
    assert (flash.programs, flash.programmed_bytes, flash.erases, flash.prog_bytes) == (1, 4, 1, 32)


def test_a_flash_that_fails_is_released_and_counted():
    fs = Fs()
    fs.fails = "program"
    flash = Metered(Chip(fs), fs.hold, fs.release)
    with pytest.raises(OSError, match="5"):
        flash.writeblocks(0, b"abcd", 0)
    assert not fs.held
    assert flash.programs == 1
