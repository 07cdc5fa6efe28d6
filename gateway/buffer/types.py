"""What goes into the buffer and what comes out of it: plain values."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from firmware.wire.ack import Ack
from firmware.wire.envelope import Counted, Sealed
from firmware.wire.record import Scan


class Sealer(Protocol):
    """What turns records into what may lie on the disk (SPEC §14), and knows a record again without keeping it."""

    def scan(self, scan: Scan, raw: bytes, received_boot: str, received_mono_ms: int, /) -> bytes: ...
    def opaque(
        self, box_id: str, epoch: str, seq: int, raw: bytes, received_boot: str = "", received_mono_ms: int = 0, /
    ) -> bytes: ...
    def lost(self, raw: bytes, /) -> bytes: ...
    def quarantine(self, payload: bytes, received_boot: str = "", received_mono_ms: int = 0, /) -> bytes: ...
    def digest(self, raw: bytes, /) -> bytes: ...
    def same(self, digest: bytes, raw: bytes, /) -> bool | None: ...


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


class Fresh(NamedTuple):
    """A scan that was not here before, in the clear: for the place's own counts, and in memory only."""

    scan: Scan
    received_boot: str
    received_mono_ms: int
    is_alone: bool
    """It came in a message of its own, as a box sends what was just scanned."""


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
    scans: list[Fresh]


class Held(NamedTuple):
    """A record on its way to the server."""

    key: int
    """Names the row to settle() and park()."""
    box_id: str
    epoch: str
    seq: int
    record: bytes
    """The envelope (SPEC §14), or a declaration of loss."""
    scan: Sealed | Counted | None
    """The envelope of a scan, decoded; None for a declaration of loss and for what cannot be read."""
    received_boot: str
    received_mono_ms: int
    earliest_ms: int | None
    latest_ms: int | None
    """Between which instants of UTC the scan was made, by the `instant` handed to claim(); None: not known."""


class Kept(NamedTuple):
    """What is known of a scan that is kept here, without its code."""

    key: int
    box_id: str
    epoch: str
    seq: int
    boot: int
    """0: a record or message that cannot be read (only in recount()); judge it by when it came."""
    uptime_ms: int
    marks: str
    utc_ms: int | None
    bound_ms: int | None
    received_boot: str
    received_mono_ms: int
    is_answered: bool


class Quarantined(NamedTuple):
    """A message that was set aside, without its content."""

    received_boot: str
    received_mono_ms: int
    topic: str
    reason: str
    length: int


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

    keep_delivered_days: float = 1.0
    """How long a delivered record stays at least (the rule for reader devices), in running time of the gateway."""
    quarantine_bytes: int = 16 * 1024 * 1024
    """Payload kept in quarantine altogether; beyond it a message is only counted."""
    segment_bytes: int = 8 * 1024 * 1024
    """At this size a file is closed and the next one begun."""
    min_free_bytes: int = 64 * 1024 * 1024
    """With less room than this on the disk nothing more is taken."""
    ballast_bytes: int = 4 * 1024 * 1024
    """Taken beforehand, and given up when the disk is full."""
    max_bytes: int = 0
    """All files together may grow to this; 0: to whatever the disk has."""


class Damage(NamedTuple):
    """What a salvage found."""

    moved_to: str
    """The damaged file, kept beside the new one; several are parted by a comma; empty: rows that had rotted."""
    rows_saved: int
    rows_unreadable: int
    gone: Mapping[tuple[str, str], str]
    """(box_id, epoch) -> spans of numbers that were held, not yet delivered, and cannot be read any more."""
    gone_unknown: bool
    """True: of some rows not even the number could be read, so there may be more."""


class Opening(NamedTuple):
    """What was found when the folder was opened."""

    found: str
    """`new`, `clean`, `unclean` (the last stop was not a clean one; checked and in order) or `salvaged`."""
    damage: Damage | None


class Stats(NamedTuple):
    """For health. Counters count since the folder was made, across restarts; those of duplicates and verdicts, and
    what was answered, are written down now and then: a kill takes back what came since."""

    state: str
    """`ok`, `disk_full` or `io`."""
    waiting: int
    """Records not yet answered for by the server, parked ones left out."""
    oldest_waiting_s: float
    """Running time since the oldest of them came in; 0.0 when none waits."""
    parked: int
    rows: int
    """Records in the files, delivered ones included."""
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
    """Of all segments."""
    wal_bytes: int
    segments: int
    finished_files: int
    """Segments that were closed because the disk failed under them."""
    rotten: int
    """Rows that were not as they had been written."""
    ballast_bytes: int
    """What is held in reserve now."""
    free_bytes: int
    """On the disk, for us."""
