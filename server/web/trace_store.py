"""The store of `server/tracing` as the web sees it."""

from collections.abc import Sequence
from typing import Protocol

from server.ingest.meaning import SealedRow
from server.places.areas import Areas
from server.tracing.asking import Stays
from server.tracing.cases import Case
from server.tracing.kept import Asked, Export, Found
from server.tracing.rules import RuleSet
from server.tracing.told import Kept
from server.tracing.types import Question


class TraceStore(Stays, Protocol):
    """Each verb raises `Unavailable` where it cannot be done now."""

    async def open_case(self, case: Case) -> None:
        """A new case."""

    async def case(self, case_id: str) -> Case:
        """Raises `Refused`: `no_such_case`."""

    async def cases(self, after: str, limit: int) -> list[Case]:
        """In the order of their ids."""

    async def close_case(self, case_id: str, version: int, by: str) -> Case:
        """Raises `Refused`: `changed_meanwhile`, `case_closed`."""

    async def sweep(self) -> int:
        """Destroy the contacts of cases whose time is over."""

    async def end_working(self) -> int:
        """Questions that a server left unfinished have failed."""

    async def add_rule_set(self, made: RuleSet, by: str) -> RuleSet:
        """A new version."""

    async def rule_sets(self) -> list[RuleSet]:
        """By version."""

    async def ask(self, asked: Asked) -> None:
        """Raises `Refused`: `case_closed`, `no_such_case`."""

    async def finish(self, found: Found) -> None:
        """What came of a question."""

    async def question(self, question_id: str) -> Asked:
        """Raises `Refused`: `no_such_question`."""

    async def questions(self, case_id: str, after: tuple[int, str], limit: int) -> list[Asked]:
        """In the order in which they were asked."""

    async def contacts(self, question_id: str, after: int, limit: int) -> list[tuple[int, Kept]]:
        """A page of an answer."""

    async def contact(self, question_id: str, pseudonym: str) -> Kept:
        """Raises `Refused`: `no_such_contact`."""

    async def add_export(self, made: Export) -> None:
        """That an answer was taken out."""

    async def exports(self, case_id: str, limit: int) -> list[Export]:
        """The latest first."""

    async def named(self, macs: Sequence[bytes]) -> bytes | None:
        """Whom these tokens name. Raises `Refused`: `documents_differ`."""

    async def sealed(self, person: bytes) -> tuple[bytes | None, list[SealedRow]]:
        """Who this pseudonym is now (None: nobody any more), and rows in which its documents stand."""

    async def pepper(self) -> str:
        """The fingerprint of the key that pseudonyms are made with now; empty: none are made yet."""

    async def must_know(self, question: Question) -> None:
        """What a question about a place names. Raises `Refused`: `place_unknown`, `gate_unknown`, `zone_unknown`."""

    async def areas(self) -> Areas:
        """The tree of areas."""
