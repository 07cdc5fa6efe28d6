# Small files that a power cut leaves whole: identity, settings, which slot is to run.
#
# 1. A file is written under another name, closed (which syncs it on littlefs), and renamed into place: a cut leaves
#    the old content or the new one. Nothing else in its folder is touched.
# 2. Each ends with a line that carries its length and crc: a file that was damaged reads as if it were not there, and
#    `damaged` counts it.
# 3. A file is never left open: the garbage collector would close it, with the heap locked, and call the block device.

from binascii import crc32

_ENOENT = 2
_NEW = ".new"


class Files:
    # `fs`: a littlefs volume, or anything with its open, rename, remove and mkdir. Raises OSError where that does.
    def __init__(self, fs):
        self.fs = fs
        self.damaged = 0

    def read(self, path):
        # -> bytes, or None: not there, or not whole
        data = self.read_plain(path)
        if data is None:
            return None
        at = data.rfind(b"\n#", 0, len(data) - 1)
        if at < 0 or data[at:] != _seal(data[:at]):
            self.damaged += 1
            return None
        return data[:at]

    def write(self, path, data):
        self.write_plain(path, data, _seal(data))

    def read_plain(self, path):
        # -> bytes as they are, or None
        try:
            file = self.fs.open(path, "rb")
        except OSError as bad:
            if bad.errno == _ENOENT:
                return None
            raise
        try:
            return file.read()
        finally:
            file.close()

    def write_plain(self, path, *parts):
        file = self.fs.open(path + _NEW, "wb")
        try:
            for part in parts:
                file.write(part)
        except BaseException:
            _close_anyhow(file)
            raise
        file.close()
        self.fs.rename(path + _NEW, path)

    def remove(self, path):
        # -> whether it was there
        try:
            self.fs.remove(path)
        except OSError as bad:
            if bad.errno != _ENOENT:
                raise
            return False
        return True

    def make_folder(self, path):
        try:
            self.fs.mkdir(path)
        except OSError as bad:
            if bad.errno != 17:
                raise


def _seal(data):
    return b"\n#%d %08x\n" % (len(data), crc32(data) & 0xFFFFFFFF)


def _close_anyhow(file):
    # littlefs does not sync a file whose write has failed: closing it leaves what was there before.
    try:
        file.close()
    except OSError:
        pass
