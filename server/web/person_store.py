"""The store of `server/persons` as the web sees it."""

from collections.abc import Sequence
from typing import Protocol


class HeldRows(Protocol):
    """Of which day and class something is sealed."""

    @property
    def day(self) -> int:
        """Days since 1970-01-01, local."""

    @property
    def class_(self) -> str:
        """person, health, code"""

    @property
    def rows(self) -> int:
        """How many."""


class Certified(Protocol):
    """A certificate of destruction."""

    @property
    def id(self) -> int:
        """Their order."""

    @property
    def what(self) -> str:
        """day, person"""

    @property
    def subject(self) -> str:
        """The day and class, or the number of the request."""

    @property
    def day(self) -> int | None:
        """Days since 1970-01-01, local."""

    @property
    def class_(self) -> str | None:
        """person, health, code"""

    @property
    def fingerprint(self) -> str | None:
        """Of the key that is destroyed."""

    @property
    def destroyed_ms(self) -> int:
        """When."""

    @property
    def rows(self) -> dict[str, int] | None:
        """What went with it, by table."""


class PersonStore(Protocol):
    """Each verb raises `Unavailable` where it cannot be done now."""

    async def persons_of(self, macs: list[bytes]) -> dict[bytes, bytes | None]:
        """Who these tokens are; those that were never shown are left out."""

    async def probable_persons(self, person: bytes) -> list[bytes]:
        """Who may be the same; never merged."""

    async def pseudonyms(self, person: bytes) -> list[bytes]:
        """Every pseudonym that this person may have had: it was always the token of one of their documents."""

    async def held(self) -> Sequence[HeldRows]:
        """What is still sealed, the oldest first."""

    async def certificates(self, after_id: int, limit: int) -> Sequence[Certified]:
        """Certificates of destruction, in the order in which they came about."""
