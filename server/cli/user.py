"""`python -m server user WORD`: people and their roles: of a running server with --url (`user_there`), or on a stopped
server's store with --config; that is how the first comes in.

1. A password is typed twice where there is a terminal, else it is the first line of stdin. It is never on the command
   line: others see that.
2. What is secret (a token, a second factor, its recovery codes) is shown once, on stdout, and kept nowhere as it is.
3. Whatever is changed is in the record of looks: on a stopped server's store as `cli:` and the name that the system has
   for who typed it, on a running one as the user.
4. A tracer or supervisor has areas, or --everywhere is said: nobody reaches everywhere by what was left out.
5. A token is as strong as its user: for a role that asks for a second factor that is set up first (`totp`).
6. What takes two administrators (`server.access.two`) takes --approval on a running server; without it the approval is
   asked for, and its id said. Who stops the server needs none, and the record says `lone`.
"""

import asyncio
import secrets
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from server import app
from server.access import names, passwords, roles, totp, users
from server.access.chain import Told
from server.access.users import ACTIVE, LOCKED, Token, User
from server.cli import typed, user_there
from server.cli.asking import options
from server.cli.settings import settings
from server.cli.typed import actor
from server.config import Config
from server.errors import Refused
from server.store.access_shelf import AccessShelf
from server.store.shelf import Shelf
from server.web.access_views import token_view
from server.web.doors import digest, new_token

Add = Callable[..., Any]
Act = Callable[[Namespace], None]
T = TypeVar("T")
DAY_MS = 86_400_000
PAGE = 500
NOUNS: dict[str, dict[str, Any]] = {
    "name": {"metavar": "NAME", "help": "a log-in name"},
    "id": {"metavar": "TOKEN", "help": "a token's id"},
}
WHERE = options()


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    what = "people, their roles, second factors and tokens"
    inner = words.add_parser("user", help=what, description=what).add_subparsers(metavar="WORD", required=True)

    def word(name: str, act: Act, there: Act, help_: str, noun: str = "name") -> Any:
        made = add_word(inner, name, lambda asked: _where(asked, act, there)(asked), help_, with_config, WHERE)
        if noun:
            made.add_argument(noun, **NOUNS[noun])
        return made

    made = word("add", _add, user_there.add, "a new user; the password is typed, or the first line of stdin")
    made.add_argument("--title", metavar="TEXT", help="how people know them; default: the name")
    must = "the password is to be changed at the first log-in (always, where a running server is asked)"
    made.add_argument("--must-change", action="store_true", help=must)
    _everywhere(_scope(made))
    _approval(made)
    word("list", _list, user_there.list_, "every user", "")
    made = word("role", _role, user_there.role, "these roles, areas and places from now on, and no others")
    _approval(_everywhere(_scope(made)))
    word("lock", _lock, user_there.lock, "may not log in any more; sessions and tokens end")
    word("unlock", _unlock, user_there.unlock, "may log in again; failed log-ins are forgotten")
    what = "remove a user, with tokens and sessions; the record keeps the id"
    _approval(word("remove", _remove, user_there.remove, what))
    what = "another password; with --url, and no token: one's own"
    _approval(word("password", _password, user_there.password, what))
    made = word("totp", _totp, user_there.totp, "set up a second factor: a QR code, and then a code of it")
    made.add_argument("--remove", action="store_true", help="take it away; of a running server with a new password")
    _approval(made)
    made = word("token", _token, user_there.token, "a token that speaks for this user; shown once")
    made.add_argument("--label", default="cli", metavar="TEXT", help="what it is for")
    made.add_argument("--days", type=int, default=90, metavar="N", help="how long it is good (90, at most 365)")
    _scope(made)
    word("tokens", _tokens, user_there.tokens, "every token, without itself", "")
    word("drop-token", _drop_token, user_there.drop_token, "a token is good no longer", "id")


def _scope(made: ArgumentParser) -> ArgumentParser:
    made.add_argument("--role", action="append", default=[], choices=roles.ROLES, help="may be repeated")
    made.add_argument("--area", action="append", default=[], metavar="AREA", help="an area, or *; may be repeated")
    made.add_argument("--place", action="append", default=[], metavar="PLACE", help="a place; may be repeated")
    return made


def _everywhere(made: ArgumentParser) -> ArgumentParser:
    made.add_argument("--everywhere", action="store_true", help="instead of areas: a tracer or supervisor of all")
    return made


def _approval(made: ArgumentParser) -> None:
    what = "another administrator's, where a running server asks for two"
    made.add_argument("--approval", default="", metavar="ID", help=what)


def on_the_store(config: Config, work: Callable[[AccessShelf], Awaitable[T]]) -> T:
    """Work on a stopped server's store. Raises `Unusable` while a server runs on it."""
    shelf = Shelf(app.place_of(config), app.utc_ms, config.store.busy_timeout_ms)
    shelf.access.vault = app.read_vault(config)
    shelf.access.node = "cli"
    shelf.start(False)
    try:

        async def run() -> T:
            return await work(shelf.access)

        return asyncio.run(run())
    finally:
        shelf.close()


def _add(asked: Namespace) -> None:
    config, now_ms = settings(asked), app.utc_ms()
    name, fields = names.login(asked.name), typed.scope(asked)
    user = User(
        id="u-" + secrets.token_hex(8),
        name=name,
        title=names.shown(asked.title or name),
        state=ACTIVE,
        has_totp=False,
        made_ms=now_ms,
        changed_ms=now_ms,
        version=1,
        must_change_password=asked.must_change,
        **fields,
    )
    kept = passwords.make(passwords.judge(typed.new_password(), name))
    users.must_be_bounded(user.roles, user.areas)
    told = Told(actor(), "user_added", (user.id,), {what: sorted(found) for what, found in fields.items()})
    on_the_store(config, lambda access: access.add_user(user, kept, told))
    typed.show(_said(user))


def _list(asked: Namespace) -> None:
    async def work(access: AccessShelf) -> list[User]:
        made: list[User] = []
        while page := await access.users(made[-1].id if made else "", PAGE):
            made += page
        return made

    typed.show([_said(one) for one in on_the_store(settings(asked), work)])


def _role(asked: Namespace) -> None:
    _change(asked, "user_changed", typed.scope(asked))


def _lock(asked: Namespace) -> None:
    _change(asked, "user_changed", {"state": LOCKED})


def _unlock(asked: Namespace) -> None:
    config = settings(asked)
    vault = app.read_vault(config)
    _change(asked, "user_changed", {"state": ACTIVE})
    told = Told(actor(), "user_unlocked")
    on_the_store(config, lambda access: access.forgive(vault.hide("name " + asked.name), told))


def _password(asked: Namespace) -> None:
    kept = passwords.make(passwords.judge(typed.new_password(), asked.name))
    _change(asked, "password_changed", {"password": kept, "must_change_password": False})


def _totp(asked: Namespace) -> None:
    if asked.remove:
        _change(asked, "user_reset", {"totp": None, "totp_step": -1, "recovery": ""})
        return
    config = settings(asked)
    user = on_the_store(config, lambda access: _named(access, asked.name))
    secret = totp.new_secret()
    typed.drawn(totp.uri(secret, user.name))
    code = typed.code("Type the six digits that the app shows now:")
    step = totp.step_of(secret, code, time.time_ns() // 1_000_000, -1)
    if step is None:
        raise Refused("totp_wrong", "that is not its code: nothing was changed")
    codes = totp.new_recovery_codes()
    kept = " ".join(totp.recovery_digest(one) for one in codes)
    sealed = app.read_vault(config).seal(user.id, secret)
    _change(asked, "totp_set", {"totp": sealed, "totp_step": step, "recovery": kept}, codes)


def _token(asked: Namespace) -> None:
    config, now_ms, secret = settings(asked), app.utc_ms(), new_token()
    fields = typed.scope(asked)
    if not fields["roles"]:
        raise Refused("role_unknown", "--role is needed")

    async def work(access: AccessShelf) -> dict[str, Any]:
        user = await _named(access, asked.name)
        if fields["roles"] - user.roles:
            raise Refused("forbidden_role", f"{user.name} has not the role {min(fields['roles'] - user.roles)}")
        token = Token(
            id=secrets.token_hex(8),
            user_id=user.id,
            name=names.shown(asked.label),
            roles=fields["roles"],
            areas=fields["areas"] or frozenset("*"),
            places=fields["places"] or frozenset("*"),
            is_strong=user.has_totp,
            made_ms=now_ms,
            ends_ms=users.judge_end(now_ms + asked.days * DAY_MS, now_ms),
            used_ms=None,
        )
        users.must_reach(user, token)
        if users.needs_second_factor(token.roles) and not user.has_totp:
            raise Refused("totp_needed", f"{user.name} has no second factor yet: user totp {user.name}")
        detail = {"roles": sorted(token.roles), "ends_ms": token.ends_ms}
        await access.add_token(token, digest(secret), Told(actor(), "token_added", (f"token:{token.id}",), detail))
        return {"token": secret, "id": token.id, "user": user.name, "ends_ms": token.ends_ms}

    typed.show(on_the_store(config, work))


def _remove(asked: Namespace) -> None:
    async def work(access: AccessShelf) -> User:
        user = await _named(access, asked.name)
        await access.remove_user(user.id, user.version, Told(actor(), "user_removed", (user.id,)))
        return user

    typed.show(_said(on_the_store(settings(asked), work)))


def _tokens(asked: Namespace) -> None:
    async def work(access: AccessShelf) -> list[Token]:
        made: list[Token] = []
        while page := await access.tokens(None, made[-1].id if made else "", PAGE):
            made += page
        return made

    typed.show([token_view(one) for one in on_the_store(settings(asked), work)])


def _drop_token(asked: Namespace) -> None:
    told = Told(actor(), "token_removed", (f"token:{asked.id}",))
    on_the_store(settings(asked), lambda access: access.remove_token(asked.id, None, told))
    typed.show({"done": True})


def _change(asked: Namespace, action: str, fields: dict[str, Any], codes: list[str] | None = None) -> None:
    async def work(access: AccessShelf) -> User:
        user = await _named(access, asked.name)
        reach: dict[str, object] = {
            name: sorted(fields[name])[:50] for name in ("roles", "areas", "places") if name in fields
        }
        told = Told(actor(), action, (user.id,), {**reach, "fields": sorted(fields)})
        return await access.change_user(user.id, None, fields, told)

    said = _said(on_the_store(settings(asked), work))
    typed.show({**said, "recovery_codes": codes} if codes else said)


async def _named(access: AccessShelf, name: str) -> User:
    found = await access.user_named(name)
    if found is None:
        raise Refused("not_found", f"there is no user {names.login(name)}")
    return found[0]


def _said(user: User) -> dict[str, Any]:
    lists = {name: sorted(getattr(user, name)) for name in ("roles", "areas", "places")}
    return {"id": user.id, "name": user.name, "title": user.title, **lists, "state": user.state, "totp": user.has_totp}


def _where(asked: Namespace, act: Act, there: Act) -> Act:
    return there if getattr(asked, "url", None) else act
