"""The tables of `server/tracing`: cases, rule sets and what was asked.

`contacts` holds whose each pseudonym is, and goes when its case is closed; `questions` and `exports` stay.
`cases.case_key` makes the pseudonyms of a case; it is no secret from whoever has the database, who has the persons too.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from server.store.tables import metadata

cases = Table(
    "cases",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("legal_basis", String(200), nullable=False),
    Column("area", String(32), nullable=False),
    Column("opened_by", String(96), nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("ends_ms", BigInteger, nullable=False),
    Column("case_key", LargeBinary(32), nullable=False),
    Column("closed_by", String(96)),
    Column("closed_ms", BigInteger),
    Column("version", Integer, nullable=False),
)

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("name", String(200), nullable=False),
    Column("made_by", String(96), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

questions = Table(
    "questions",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("case_id", String(12), nullable=False),
    Column("asked_by", String(96), nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(8), nullable=False),
    Column("code", String(32)),
    Column("done_ms", BigInteger),
    Column("took_ms", BigInteger),
    Column("contacts", BigInteger),
    Column("sha256", String(64)),
    Column("summary", LargeBinary),
    Index("questions_case", "case_id", "asked_ms"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("question_id", String(12), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("person", LargeBinary(16), nullable=False),
    Column("pseudonym", String(11), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("contacts_pseudonym", "question_id", "pseudonym"),
)

exports = Table(
    "exports",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("case_id", String(12), nullable=False),
    Column("question_id", String(12), nullable=False),
    Column("made_by", String(96), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("form", String(8), nullable=False),
    Column("with_identities", Boolean, nullable=False),
    Column("contacts", BigInteger, nullable=False),
    Column("approval", String(64)),
    Index("exports_case", "case_id", "made_ms"),
)
