"""What goes into the buffer and what comes out of it: plain values."""

from collections.abc import Mapping
from typing import NamedTuple

from firmware.wire.ack import Ack
from firmware.wire.record import Scan


class Arrival(NamedTuple):
    """One message from a box's scan topic, as it came."""

    box_id: str
    """From the topic, which the broker's ACL ties to the box's login."""
    topic: str
    payload: bytes
    received_boot: str
    """12 hex digits: which start of the gateway `received_mono_ms` belongs to."""
    received_mono_ms: int


class Refused(NamedTuple):
    """A message that another room could not read (a status, a topic of nobody): kept in quarantine, answered for."""

    topic: str
    payload: bytes
    reason: str
    received_boot: str
    received_mono_ms: int


class PutResult(NamedTuple):
    """What became of one put; everything in it is committed."""

    acks: list[Ack]
    """One for every (box, epoch) that was touched, also by duplicates and bare statements: send them now."""
    stored: int
    """Records that are new here: scans and declarations of loss."""
    duplicates: int
    conflicts: int
    unreadable: int
    """Records with an identity whose rest cannot be read: kept, answered for, forwarded to the server."""
    quarantined: int
    """Messages and records without a usable identity: kept here with their reason."""
    deferred: int
    """Records left unanswered because their stream has too many holes already; the box resends them later."""


class Held(NamedTuple):
    """A record on its way to the server."""

    key: int
    """Names the row to settle() and park()."""
    box_id: str
    epoch: str
    seq: int
    record: bytes
    """The box's bytes, unchanged."""
    scan: Scan | None
    """The record decoded; None for a declaration of loss and for what cannot be read."""
    received_boot: str
    received_mono_ms: int
    earliest_ms: int | None
    latest_ms: int | None
    """Between which instants of UTC the scan was made, by the `instant` handed to claim(); None: not known."""


class Sample(NamedTuple):
    """At `uptime_ms` of a box's boot, the gateway's own monotonic clock was between the two."""

    box_id: str
    epoch: str
    boot: int
    uptime_ms: int
    gateway_boot: str
    earliest_mono_ms: int
    latest_mono_ms: int


class Anchor(NamedTuple):
    """At `mono_ms` of a gateway boot, UTC was between the two."""

    gateway_boot: str
    mono_ms: int
    earliest_ms: int
    latest_ms: int


class Tip(NamedTuple):
    """A box's latest statement of its own spool."""

    box_id: str
    epoch: str
    first_held: int
    last_seq: int


class Settings(NamedTuple):
    """What may be set in `[buffer]` of the gateway's configuration."""

    keep_delivered_s: int = 86_400
    """How long a delivered record stays (the rule for reader devices: a day), in running time of the gateway."""
    quarantine_bytes: int = 16 * 1024 * 1024
    """Payload kept in quarantine altogether; beyond it a message is only counted."""
    wal_bytes: int = 4 * 1024 * 1024
    """At this size the write-ahead log is carried over into the file and cut."""
    max_bytes: int = 0
    """The file may grow to this size, then `disk_full`; 0: to whatever the disk has."""
    page_bytes: int = 2048
    """Only for a file that is made new."""


class Damage(NamedTuple):
    """What a salvage found; written down in the fresh file too."""

    moved_to: str
    """The damaged file, kept beside the new one."""
    rows_saved: int
    rows_unreadable: int
    gone: Mapping[tuple[str, str], str]
    """(box_id, epoch) -> spans of numbers that were held, not yet delivered, and cannot be read any more."""
    gone_unknown: bool
    """True: even the list of what was held could not be read, so there may be more."""


class Opening(NamedTuple):
    """What was found when the file was opened."""

    found: str
    """`new`, `clean`, `unclean` (the last stop was not a clean one; checked and in order) or `salvaged`."""
    damage: Damage | None


class Stats(NamedTuple):
    """For health. Counters count since the file was made, across restarts.

    Those of duplicates and verdicts are written down once a minute: a kill takes back what came since. All others are
    written with what they count.
    """

    state: str
    """`ok`, `disk_full` or `io`."""
    waiting: int
    """Records not yet answered for by the server, parked ones left out."""
    oldest_waiting_s: float
    """Running time since the oldest of them came in; 0.0 when none waits."""
    parked: int
    rows: int
    """Records in the file, delivered ones included."""
    stored: int
    duplicates: int
    conflicts: int
    unreadable: int
    deferred: int
    quarantined: Mapping[str, int]
    """By reason."""
    quarantine_dropped: int
    """Counted in `quarantined`, but the content was not kept: over the limit."""
    verdicts: Mapping[str, int]
    """The server's verdicts, as settled."""
    file_bytes: int
    wal_bytes: int
