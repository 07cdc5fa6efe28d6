# The littlefs volume: all of the flash but its last two blocks, which hold the marker (marker.py).
#
# 1. A file is written and synced by its `close`; nothing is on flash before. What was there before stays until then.
# 2. A file never stays open: the garbage collector would close it, with the heap locked, and call the block device.
# 3. Mounting never formats.

import vfs

# With it, the cache of littlefs is 512 bytes or more, and files up to 512 bytes lie in the directory itself.
_READ_BYTES = 128


class Part:
    # The first `blocks` blocks of a block device, as a block device.
    def __init__(self, bdev, blocks):
        self._blocks = blocks
        self._ioctl = bdev.ioctl
        self.readblocks = bdev.readblocks
        self.writeblocks = bdev.writeblocks

    def ioctl(self, op, arg):
        return self._blocks if op == 4 else self._ioctl(op, arg)


def _sizes(bdev, blocks):
    prog_bytes = getattr(bdev, "prog_bytes", 256)
    lookahead_bytes = min(256, (blocks // 8 + 7) // 8 * 8)
    return {"readsize": max(_READ_BYTES, prog_bytes), "progsize": prog_bytes, "lookahead": max(16, lookahead_bytes)}


class Volume:
    # Raises OSError where littlefs does: what cannot be mounted, read or written.
    def __init__(self, bdev, blocks):
        self.fs = vfs.VfsLfs2(Part(bdev, blocks), mtime=False, **_sizes(bdev, blocks))

    @staticmethod
    def format(bdev, blocks):
        vfs.VfsLfs2.mkfs(Part(bdev, blocks), **_sizes(bdev, blocks))
        return Volume(bdev, blocks)

    def close(self):
        self.fs = None

    def read(self, path, offset=0, most=4096):
        # -> bytes; None where there is no such file
        try:
            file = self.fs.open(path, "rb")
        except OSError as bad:
            if bad.errno == 2:
                return None
            raise
        try:
            if offset:
                file.seek(offset)
            return file.read(most)
        finally:
            file.close()

    def write(self, path, data):
        self._put(path, "wb", (data,))

    def append(self, path, parts):
        self._put(path, "ab", parts)

    def _put(self, path, mode, parts):
        file = self.fs.open(path, mode)
        try:
            for data in parts:
                file.write(data)
        except BaseException:
            _close_anyhow(file)
            raise
        file.close()

    def sizes(self, folder):
        # -> [(name, bytes)]
        return [(entry[0], entry[3]) for entry in self.fs.ilistdir(folder)]

    def remove(self, path):
        self.fs.remove(path)

    def remove_if_there(self, path):
        try:
            self.fs.remove(path)
        except OSError as bad:
            if bad.errno != 2:
                raise

    def rename(self, old, new):
        self.fs.rename(old, new)

    def make_folder(self, path):
        try:
            self.fs.mkdir(path)
        except OSError as bad:
            if bad.errno != 17:
                raise


def _close_anyhow(file):
    # littlefs does not sync a file whose write has failed: closing it leaves what was there before.
    try:
        file.close()
    except OSError:
        pass
