"""The store of `server/access` as the web sees it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from server.access.approvals import Approval, Opening
from server.access.chain import Checker, Entry, Fault, Head, Told
from server.access.rights import Asked
from server.access.two import Reset
from server.access.users import Secrets, Session, Token, User
from server.access.vault import Vault
from server.places.importing import Sheet
from server.places.types import Period


class AccessStore(Protocol):
    """Each verb raises `Unavailable` where it cannot be done now."""

    vault: Vault

    async def record(
        self,
        actor: str,
        action: str,
        subjects: Sequence[str],
        detail: Mapping[str, object],
        opening: Opening | None = None,
    ) -> int:
        """Append to the record of looks; returns its number, after the commit. `opening`: one of many contacts, which
        may take an approval: `approval_needed` and what an approval may be refused for."""

    async def entries(self, after_no: int, limit: int, actor: str | None, action: str | None) -> list[Entry]:
        """Entries of the record in their order."""

    async def looks(self, subjects: Sequence[str], after_no: int, limit: int) -> list[Entry]:
        """Entries about any of these pseudonyms."""

    async def told_since_ms(self) -> int | None:
        """No look before this instant is found by the pseudonyms of now; None: every look is."""

    async def head(self) -> Head:
        """The last entry."""

    async def head_at(self, no: int) -> Head:
        """The head as it was then; number 0 where there is no such entry."""

    async def entries_left(self, after_no: int) -> int:
        """How many entries are above this number."""

    async def check(self, checker: Checker, limit: int) -> tuple[int, list[Fault]]:
        """Check the next page of the record; returns how many entries it has, and what is wrong."""

    async def add_user(self, user: User, password: str | None, told: Told, approval: str = "") -> None:
        """Raises `Refused`: `name_taken`, `areas_needed`, `approval_needed` and what an approval may be refused for."""

    async def users(self, after_id: str, limit: int) -> list[User]:
        """In the order of their ids."""

    async def user(self, user_id: str) -> User:
        """Raises `Refused`: `not_found`."""

    async def user_named(self, name: str) -> tuple[User, Secrets] | None:
        """Who logs in by this name."""

    async def secrets(self, user_id: str) -> tuple[User, Secrets]:
        """Raises `Refused`: `not_found`."""

    async def change_user(
        self, user_id: str, version: int | None, fields: dict[str, Any], told: Told, approval: str = ""
    ) -> User:
        """Raises `Refused`: `not_found`, `changed_meanwhile`, `last_administrator`, and as `add_user`."""

    async def begin_totp(self, user_id: str, sealed: bytes, told: Told) -> None:
        """A second factor that does not count yet."""

    async def remove_user(self, user_id: str, version: int, told: Told, approval: str = "") -> None:
        """Raises `Refused`: `not_found`, `changed_meanwhile`, `last_administrator`, and as `add_user`."""

    async def resets(self, user_id: str) -> list[Reset]:
        """What others changed of what a user gets in by, the latest first."""

    async def forgive(self, account: str, told: Told) -> None:
        """An account may try again now."""

    async def begin_attempt(self, whose: list[tuple[str, str]]) -> int:
        """Count a log-in that begins, for (kind, whose); returns 0, or how many ms to wait."""

    async def log_in(self, digest: str, session: Session, whose: tuple[str, str], old: str, told: Told) -> None:
        """A log-in that succeeded: its session, its account and address, the session that it takes the place of."""

    async def session_of(self, digest: str) -> tuple[Session, User | None] | None:
        """A session that has not ended."""

    async def end_session(self, digest: str) -> None:
        """Log out."""

    async def spend_step(self, user_id: str, step: int) -> bool:
        """Whether this step of a second factor was not used before."""

    async def spend_recovery(self, user_id: str, had: list[str], left: list[str]) -> bool:
        """Whether a recovery code was not used before."""

    async def keep_password(self, user_id: str, had: str, made: str) -> None:
        """The same password, hashed anew."""

    async def add_token(self, token: Token, digest: str, told: Told) -> None:
        """One more."""

    async def token_of(self, digest: str) -> tuple[Token, User] | None:
        """The token with this digest, and for whom it speaks."""

    async def tokens(self, user_id: str | None, after_id: str, limit: int) -> list[Token]:
        """Of one user, or of all."""

    async def remove_token(self, token_id: str, user_id: str | None, told: Told) -> None:
        """Raises `Refused`: `not_found`."""

    async def used(self, token_id: str, now_ms: int) -> None:
        """When a token was used last."""

    async def add_request(self, asked: Asked, told: Told) -> None:
        """One more."""

    async def requests(self, only_open: bool, after_id: str, limit: int) -> list[Asked]:
        """In the order of their ids."""

    async def request(self, request_id: str) -> Asked:
        """Raises `Refused`: `not_found`."""

    async def step_request(self, request_id: str, version: int, name: str, ground: str, told: Told) -> Asked:
        """Raises `Refused`: `not_found`, `changed_meanwhile`, `request_step`, `request_ground`, `request_late`."""

    async def ask_approval(self, approval: Approval, told: Told) -> None:
        """One more."""

    async def approvals(self, after_id: str, limit: int) -> list[Approval]:
        """In the order of their ids."""

    async def approval(self, approval_id: str) -> Approval:
        """Raises `Refused`: `not_found`."""

    async def judge_approval(self, approval_id: str, is_yes: bool, told: Told) -> Approval:
        """Raises `Refused`: `not_found`, `approval_own`, `approval_state`, `approval_over`."""

    async def use_approval(self, approval_id: str, by: str, action: str, question: str, people: int = 0) -> Approval:
        """Use it up, for so many people: from here on it is gone, whatever becomes of what it was for.

        Raises `Refused`: `not_found`, `approval_other`, `approval_state`, `approval_over`.
        """

    async def put_purposes(self, place_id: str, periods: tuple[Period, ...], seen: int, by: str) -> int:
        """All purposes of a place, and the line in the record; returns its version."""

    async def drop_place(self, place_id: str, seen: int, by: str) -> None:
        """Take a place out, with its purposes, and the line in the record."""

    async def take_in(self, sheet: Sheet, partial: bool, dry: bool, by: str) -> Any:
        """A judged file, and a line for each place whose purposes it changes; -> rows, added, changed, place_ids."""

    async def wish_place(self, gateway_id: str, place: bytes | None, seen: int | None, by: str) -> int:
        """The rules of a place, wished of a gateway, and the line in the record; returns the version."""
