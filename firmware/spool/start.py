# What the volume says when it is opened, and whether that can be right. Reads only.
#
# The last numbers given are in the slots, twice (mirror.py). Every number above the freed one is in a slot or a
# segment, or declared. Where that does not hold, a part of the volume is gone or has fallen back to an older state:
# littlefs would take blocks that the newer state used for free, so nothing may be written while anything can still be
# saved from them.

from firmware.wire.record import decode

from . import frames
from .errors import SpoolError, Untrusted
from .flash import MARKER_BLOCKS
from .mirror import Mirror
from .segments import Segments
from .volume import Volume

_OURS = ("a", "b", "seg")
_BOOT_LEAP = 1000  # the number of boots is not known: a number that surely was not used before


class Loaded:
    def __init__(self):
        self.volume = self.mirror = self.segments = None
        self.epoch = None
        self.boot = self.freed = self.last_seq = 0
        self.lost = []
        self.holes = []
        self.empty = []
        self.orphan = None
        self.notes = []


def load(flash, carver, box_id, marker):
    loaded = Loaded()
    known = {} if marker is None else {marker.epoch: 0}
    try:
        loaded.volume = Volume(flash.bdev, flash.blocks - MARKER_BLOCKS)
        _load_state(loaded, box_id, marker, known)
        _load_records(loaded, box_id, flash.block_bytes, known)
    except OSError as bad:
        _refuse_foreign(loaded, marker)
        raise Untrusted("volume: %s" % bad, known)
    known[loaded.epoch] = loaded.freed
    _look_below(loaded, carver, known)
    return loaded


def _refuse_foreign(loaded, marker):
    # A volume that mounts and holds somebody else's files.
    if loaded.volume is None or marker is not None or loaded.epoch is not None:
        return
    try:
        names = [name for name, _ in loaded.volume.sizes("/")]
    except OSError:
        return  # broken: whose it was shows in what can be saved from it
    if [name for name in names if name not in _OURS]:
        raise SpoolError("foreign", "a file system that is not a spool")


def _load_state(loaded, box_id, marker, known):
    loaded.mirror = mirror = Mirror(loaded.volume, box_id, marker.epoch if marker is not None else None)
    state = mirror.load_state()
    if state is not None:
        loaded.epoch, loaded.boot, loaded.freed, loaded.last_seq, lost = state
        loaded.lost = [decode(line + b"\n") for line in lost.split(b"\n") if line]
        known[loaded.epoch] = loaded.freed
        if marker is not None and marker.epoch != loaded.epoch:
            raise Untrusted("epoch", known)
    elif marker is not None:
        loaded.epoch = marker.epoch
        loaded.notes.append("state")
    else:
        raise OSError(5)


def _load_records(loaded, box_id, block_bytes, known):
    mirror = loaded.mirror
    in_slots = mirror.load_slots()
    loaded.freed = max(loaded.freed, mirror.freed)
    loaded.segments = segments = Segments(loaded.volume, box_id, loaded.epoch, block_bytes)
    loaded.empty = segments.load()
    known[loaded.epoch] = loaded.freed
    no_state = "state" in loaded.notes
    if mirror.torn_both or in_slots < max(loaded.last_seq, segments.end, loaded.freed) or (no_state and not in_slots):
        raise Untrusted("last number", known)
    loaded.last_seq = in_slots
    if mirror.damaged:
        loaded.notes.append("mirror")
    if no_state:
        record = mirror.read(in_slots)
        loaded.boot = frames.identity(record, 0)[2] + _BOOT_LEAP
    _find_holes(loaded)


def _find_holes(loaded):
    # Inside of the segments they are found when their records are read: here is what no segment and no slot covers.
    segments, mirror = loaded.segments, loaded.mirror
    first = loaded.freed + 1
    edges = [(first, loaded.last_seq)]
    if segments.end:
        edges = [(first, segments.firsts[0] - 1), (max(first, segments.end + 1), loaded.last_seq)]
    for low, high in edges:
        seq = low
        while seq <= high:
            declared = [lost for lost in loaded.lost if lost.epoch == loaded.epoch and lost.seq <= seq <= lost.last_seq]
            if declared:
                seq = declared[0].last_seq + 1
                continue
            if not mirror.holds(seq):
                if loaded.holes and loaded.holes[-1][1] == seq - 1:
                    loaded.holes[-1] = (loaded.holes[-1][0], seq)
                else:
                    loaded.holes.append((seq, seq))
            seq += 1


def _look_below(loaded, carver, known):
    above = carver.above(loaded.epoch, loaded.last_seq)
    if above:
        if len(above) > 1 or loaded.last_seq + 1 not in above:
            raise Untrusted("more than the volume knows", known)
        loaded.orphan = above[loaded.last_seq + 1]
    if loaded.holes:
        loaded.notes.append("holes")
        for number in range(carver.blocks):
            for epoch, seq, _ in carver.block(number):
                if epoch == loaded.epoch and any(low <= seq <= high for low, high in loaded.holes):
                    raise Untrusted("a segment is missing", known)
