"""8: people, their roles and tokens, and the record of every look."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine


def _key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _must(kind: type[TypeEngine[Any]] | TypeEngine[Any], *names: str) -> list[Column[Any]]:
    return [Column(name, kind, nullable=False) for name in names]


def _may(kind: type[TypeEngine[Any]] | TypeEngine[Any], *names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names]


def up(connection: Connection) -> None:
    """Make the tables."""
    made = MetaData()
    _people(made)
    _looks(made)
    _asked(made)
    made.create_all(connection, checkfirst=False)


def _people(made: MetaData) -> None:
    Table(
        "users",
        made,
        _key("id", String(18)),
        *_must(String(32), "name"),
        *_must(String(64), "title"),
        *_must(Text, "roles", "areas", "places"),
        *_must(String(8), "state"),
        *_may(Text, "password"),
        *_must(Boolean, "must_change_password"),
        *_may(LargeBinary, "totp"),
        *_must(BigInteger, "totp_step"),
        *_must(Text, "recovery"),
        *_must(BigInteger, "made_ms", "changed_ms"),
        *_must(Integer, "version"),
        Index("users_name", "name", unique=True),
    )
    Table(
        "api_tokens",
        made,
        _key("id", String(16)),
        *_must(String(64), "digest"),
        *_must(String(18), "user_id"),
        *_must(String(64), "name"),
        *_must(Text, "roles", "areas", "places"),
        *_must(Boolean, "is_strong"),
        *_must(BigInteger, "made_ms", "ends_ms"),
        *_may(BigInteger, "used_ms"),
        Index("api_tokens_digest", "digest", unique=True),
        Index("api_tokens_user", "user_id"),
    )
    Table(
        "sessions",
        made,
        _key("digest", String(64)),
        *_must(String(96), "subject"),
        *_must(Boolean, "is_strong"),
        *_must(BigInteger, "made_ms", "ends_ms"),
        Index("sessions_subject", "subject"),
    )
    Table(
        "attempts",
        made,
        _key("kind", String(8)),
        _key("whose", String(32)),
        *_must(Integer, "failures"),
        *_must(BigInteger, "last_ms", "until_ms"),
    )


def _looks(made: MetaData) -> None:
    Table(
        "audit",
        made,
        _key("no", BigInteger()),
        *_must(BigInteger, "at_ms"),
        *_must(String(64), "node"),
        *_must(String(96), "actor"),
        *_must(String(32), "action"),
        *_must(Text, "subjects"),
        *_must(LargeBinary, "detail"),
        *_must(LargeBinary, "prev", "hash"),
        *_must(String(16), "key"),
        *_must(LargeBinary, "signature"),
    )
    Table("audit_subjects", made, _key("subject", String(96)), _key("no", BigInteger()))


def _asked(made: MetaData) -> None:
    Table(
        "requests",
        made,
        _key("id", String(16)),
        *_must(String(16), "kind"),
        *_must(String(96), "subject"),
        *_must(String(64), "reference"),
        *_must(Boolean, "with_processors"),
        *_must(BigInteger, "received_ms"),
        *_must(String(8), "state"),
        *_must(String(96), "taken_by"),
        *_may(BigInteger, "answered_ms", "ended_ms"),
        *_must(Integer, "extended"),
        *_must(String(32), "ground"),
        *_must(Integer, "version"),
        Index("requests_state", "state", "received_ms"),
    )
    Table(
        "approvals",
        made,
        _key("id", String(16)),
        *_must(String(32), "action"),
        *_must(String(64), "question"),
        *_must(String(96), "about"),
        *_must(Integer, "people"),
        *_must(String(96), "asked_by"),
        *_must(BigInteger, "asked_ms", "ends_ms"),
        *_must(String(8), "state"),
        *_must(String(96), "judged_by"),
        *_may(BigInteger, "judged_ms", "used_ms"),
        Index("approvals_state", "state", "asked_ms"),
    )
