# The queue in flash: what was accepted stays until the gateway's own ack covers it. FORMAT.md says every byte.
#
#   Spool.open(bdev, box_id, random_bytes, limit_bytes=None, log=None) -> Spool
#       Mounts, repairs what can be repaired, counts the boot. `bdev`: an extended block device, its attribute
#       `prog_bytes` the smallest program (256 where it has none). `log(event, **facts)`.
#       Raises SpoolError: geometry (too small, of another size, or another block size than it was made with),
#       other_box, foreign (a file system that is not ours), flash (a write failed). None of them writes anything.
#   spool.epoch, boot, first_held, last_seq, waiting
#       In a rescue `epoch` is the one that begins when it ends, with no scan in it yet. A rescue begins at `open`, or
#       (when the flash turns out to be unwritable) in any call but `stats`: then `epoch` and `boot` change.
#   spool.state             "ok" | "full" | "damaged" (something lost is still to be declared) | "rescue"
#                           | "fault" (a write failed: the next append reads everything again, and tries)
#   spool.append(encode)    -> (seq, record); encode(seq) -> the record. On flash when it returns.
#                           Raises SpoolError: full, flash, rescue, too_long. After `flash` the scan may be there or
#                           not.
#   spool.read(seq)         -> record, or None: freed or lost
#   spool.pick(first_seq, max_bytes, max_records) -> [(seq, record)]: this epoch's, oldest first, one at least if there
#   is one
#   spool.lost              [Lost]: declarations still to be answered, of any epoch
#   spool.others(max_bytes=8192, max_records=32) -> [(epoch, seq, record)]
#       Everything beside `pick` that is to be sent: the declarations as records, and in a rescue the records of the
#       epochs found. Send it after each connect, and again from time to time, until it is empty; in a rescue each call
#       goes on where the last one stopped, and starts over at the end. Group by epoch: an ack of each is expected.
#   spool.statement(epoch)  -> (first_held, last_seq) for a pack of that epoch
#   spool.ack(epoch, complete_to, highest) -> how many numbers it freed; for every epoch of which something is left.
#                           Raises SpoolError: ack_from_future, ack_other_epoch (and changes nothing), flash.
#   spool.stats()           -> {name: number}
#   Spool.Error             SpoolError

from .errors import SpoolError
from .spool import Spool

__all__ = ("Spool", "SpoolError")
