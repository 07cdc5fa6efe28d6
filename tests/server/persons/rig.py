"""Codes as tokens, and a database in memory to link them in."""

from sqlalchemy import create_engine

from server.persons.types import Named, Token
from server.store import person_tables
from server.store.tables import metadata

TABLES = [person_tables.tokens, person_tables.edges, person_tables.probables, person_tables.destructions]


def mac(name):
    """A token's mac that can be read in a failing test."""
    return name.encode().ljust(16, b".")[:16]


def token(name, masked=False):
    """`citizen-7` -> a token of that type."""
    return Token(name.rsplit("-", 1)[0], mac(name), masked)


def code(*names, guardian=()):
    """What one code says of one person."""
    found = tuple(token(name.removesuffix("*"), name.endswith("*")) for name in names)
    return Named("personal_1405", found, tuple(token(name) for name in guardian))


def store():
    """An engine over a fresh database."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine, tables=TABLES)
    return engine


def shown(named, seq, day=100):
    return (("box-0001", "0123456789ab", seq), named, day)
