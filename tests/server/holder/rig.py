"""A holder over a folder, and scans of people who are not there."""

from firmware.wire import record
from server.codes.errors import CodeError
from server.codes.types import CODE, HEALTH, PERSON, Document, Health, Parsed
from server.holder.folder import Folder
from server.holder.vault import Vault
from server.ingest.meaning import KeepAsk, SealedRow
from server.persons.retention import DAY_MS, day_of
from tests.server.rig import BOX, EPOCH, NOW_MS, scan
from tests.server.sealing import KEYS

DAY = day_of(NOW_MS)
PERSON_CODE, HEALTH_CODE, OTHER_CODE, TORN_CODE, PAYMENT_CODE, TICKET_CODE = (
    b"084199012345|334012345|a person",
    b"HC1:a certificate",
    b"something else",
    b"torn",
    b"000201 a payment",
    b"TCK-7",
)
CARD = Parsed(
    "citizen_card_2021",
    PERSON,
    (Document("citizen", "084199012345"), Document("old_citizen", "334012345")),
    "TRẦN THỊ MẪU",
    "1999",
    "f",
)


class Clock:
    """Now, as a test says."""

    def __init__(self, now_ms=NOW_MS):
        self.now_ms = now_ms

    def __call__(self):
        return self.now_ms

    def days_on(self, days):
        self.now_ms += days * DAY_MS


def read(code, at_ms):
    """A reader of codes that knows six."""
    if code == PERSON_CODE:
        return CARD
    if code == HEALTH_CODE:
        return Parsed(
            "hc1", HEALTH, (Document("certificate", "URN:UVCI:1"),), health=Health("valid", "test", "XX", None)
        )
    if code == TICKET_CODE:
        return Parsed("other", CODE, (Document("ticket", "7"),), rule="coach")
    if code == OTHER_CODE:
        return Parsed("other", CODE)
    raise CodeError("payment_code" if code == PAYMENT_CODE else "fields")


def vault(folder, now_ms=None, days_kept=None, sealing_keys=KEYS, reader=read):
    how = {} if days_kept is None else {"days_kept": days_kept}
    return Vault(Folder(folder), sealing_keys, reader, now_ms or Clock(), **how)


def ask(seq=1, code=PERSON_CODE, at_ms=NOW_MS, received_ms=NOW_MS, is_identified=True):
    return KeepAsk(BOX, EPOCH, seq, scan(seq, code), code, at_ms, received_ms, is_identified)


def row(asked, kept, **other):
    made = SealedRow(asked.box_id, asked.epoch, asked.seq, kept.day, kept.class_, kept.sealed)
    return made._replace(**other)


def counted_of(asked):
    from firmware.wire import envelope

    return envelope.encode_counted(record.decode(asked.raw))
