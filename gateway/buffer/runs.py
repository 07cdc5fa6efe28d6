"""Rows of one run in one statement: what they have in common is bound once, and only the records one by one.

Every statement hands the interpreter's lock to the MQTT thread and may have to wait long to get it back, and every
value that is bound costs time while it is held. So: few statements, few values.
"""

import sqlite3
from collections.abc import Sequence

from gateway.buffer.plan import RowValues


def _insert(rows: int) -> str:
    # id, seq and check count on from the first row's; a check is the envelope's XOR the number (plan.row_check)
    numbered = ((f"?3 + {n}", f"(?1 + {n}, ?2, ?3 + {n}, ?4, ?5, NULL, %s, ?{7 + n})") for n in range(rows))
    values = [form % f"(?6 | ({seq})) - (?6 & ({seq}))" for seq, form in numbered]
    return "INSERT INTO record VALUES " + ", ".join(values)  # noqa: S608 - only numbers of ours


_INSERTS = {rows: _insert(rows) for rows in (128, 32, 8)}
LEAST = min(_INSERTS)


def write(db: sqlite3.Connection, first_id: int, first: RowValues, records: Sequence[bytes]) -> int:
    """Insert the run that begins with row `first`, but for a rest of less than LEAST rows -> how many were inserted."""
    no, seq, boot_no, mono_ms, _, check = first
    envelope = check ^ seq
    done = 0
    for rows, insert in _INSERTS.items():
        while len(records) - done >= rows:
            shared = first_id + done, no, seq + done, boot_no, mono_ms, envelope
            db.execute(insert, (*shared, *records[done : done + rows]))
            done += rows
    return done
