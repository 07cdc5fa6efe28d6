# The marker: who this flash belongs to, in its last two blocks, beside littlefs and not in it.
#
# 1. Both blocks hold the same; the first is written before the second, and the newer whole one counts.
# 2. `making`: a volume with this epoch is being made, nothing has been accepted into it: to be made again from the
#    start. `made`: it stands. No scan is accepted before both blocks say so.
# 3. It also says the geometry, the epochs of this flash that have been answered for to the end, and what is to be
#    declared once the volume stands: so a cut at any moment of the making leads to the same end.

from collections import namedtuple

from . import frames

_MOST_BYTES = 4096
_PROGRAM_BYTES = 256

# state: "making" or "made"; retired: list of epochs; lost: wire records of declarations, end to end
Marker = namedtuple("Marker", ("generation", "state", "box_id", "epoch", "block_bytes", "blocks", "retired", "lost"))


def encode(marker):
    fields = (
        marker.generation,
        marker.state,
        marker.box_id,
        marker.epoch,
        marker.block_bytes,
        marker.blocks,
        ",".join(marker.retired) or "-",
    )
    return frames.seal("tram-spool", fields, marker.lost)


def decode(data):
    # -> Marker, or None
    sealed = frames.unseal(data, "tram-spool")
    if sealed is None or len(sealed[0]) != 7:
        return None
    generation, state, box_id, epoch, block_bytes, blocks, retired = [field.decode() for field in sealed[0]]
    return Marker(
        int(generation),
        state,
        box_id,
        epoch,
        int(block_bytes),
        int(blocks),
        [] if retired == "-" else retired.split(","),
        sealed[1],
    )


class MarkerBlocks:
    def __init__(self, flash):
        self._flash = flash
        self._numbers = (flash.blocks - 2, flash.blocks - 1)

    def read(self):
        # -> (the Marker that counts or None, True if both blocks hold it, how many of the two are blank)
        texts = []
        blank = 0
        for number in self._numbers:
            data = self._flash.read(number)
            blank += data is not None and is_blank(data)
            texts.append(data and data[:_MOST_BYTES])
        found = [decode(data) if data else None for data in texts]
        newest = None
        for marker in found:
            if marker is not None and (newest is None or marker.generation > newest.generation):
                newest = marker
        return newest, found[0] == found[1], blank

    def write(self, marker):
        data = encode(marker)
        data += b"\xff" * (-len(data) % _PROGRAM_BYTES)
        for number in self._numbers:
            self._flash.erase(number)
            self._flash.program(number, data)


def is_blank(data):
    return data.count(b"\xff") == len(data)
