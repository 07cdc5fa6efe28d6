"""`user` of a running server: an administrator's token for what is another's, one's own password for what is one's own.

1. With --token-file it is an administrator who asks. A password that an administrator gives is to be changed at the
   next log-in, and a second factor is taken away only along with the password (--remove asks for a new one).
2. A token and a second factor are one's own: `token` and `totp` log in as NAME, with the password and, where there is a
   second factor, a code of it. So does `password` without --token-file: the old one first, then the new one.
3. Who has logged in is logged out again at the end. Of the session nothing is kept.
4. What is changed is the version that was looked at: who changes it meanwhile makes `changed_meanwhile`.
5. Where the server says that it takes two administrators, the approval is asked for, and the refusal names it: another
   one judges it (`approval judge ID --yes`), and the same word with --approval ID does it then.
"""

import contextlib
import re
import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from server import app
from server.access import names
from server.cli import typed
from server.cli.asking import Api, SaidNo, Visitor, api
from server.errors import Refused, TramError

USERS = "/api/v1/users"
DAY_MS = 86_400_000
APPROVAL_S = 86_400
NEEDED = re.compile("action (?P<action>[a-z_]+), question (?P<question>[0-9a-f]{64})$")


def add(asked: Namespace) -> None:
    """A new user; the password is to be changed at the first log-in."""
    with api(asked) as server:
        reach = typed.lists(typed.scope(asked))
        facts = {"name": names.login(asked.name), "title": asked.title or asked.name, "password": typed.new_password()}
        form = {**facts, **reach, "approval": asked.approval}
        with _by_two(server, f"user:{asked.name}"):
            typed.show(server.ask("POST", USERS, json=form))


def list_(asked: Namespace) -> None:
    """Every user."""
    with api(asked) as server:
        typed.show(list(typed.pages(server, USERS, "users")))


def role(asked: Namespace) -> None:
    """These and no others."""
    with api(asked) as server:
        typed.show(_change(server, asked.name, {**typed.lists(typed.scope(asked)), "approval": asked.approval}))


def lock(asked: Namespace) -> None:
    """May not log in any more."""
    with api(asked) as server:
        typed.show(_change(server, asked.name, {"is_locked": True}))


def unlock(asked: Namespace) -> None:
    """May log in again; failed log-ins are forgotten."""
    with api(asked) as server:
        found = _named(server, asked.name)
        server.ask("POST", f"{USERS}/{found['id']}/unlock")
        typed.show(_change(server, asked.name, {"is_locked": False}) if found["is_locked"] else found)


def remove(asked: Namespace) -> None:
    """Gone, with tokens and sessions."""
    with api(asked) as server:
        found = _named(server, asked.name)
        params = {"approval": asked.approval} if asked.approval else {}
        with _by_two(server, found["id"]):
            server.ask("DELETE", f"{USERS}/{found['id']}", headers=_seen(found), params=params)
        typed.show(found)


def password(asked: Namespace) -> None:
    """Another's by an administrator, or one's own."""
    if getattr(asked, "token_file", None):
        _reset(asked, False)
        return
    with _entered(asked) as (server, old):
        server.ask("POST", "/api/v1/me/password", json={"old": old, "new": typed.new_password()})
        typed.show({"name": asked.name, "changed": True})


def totp(asked: Namespace) -> None:
    """One's own is set up; another's is taken away by an administrator."""
    if asked.remove:
        _reset(asked, True)
        return
    with _entered(asked) as (server, old):
        typed.drawn(server.ask("POST", "/api/v1/me/totp", json={"password": old})["uri"])
        code = typed.code("Type the six digits that the app shows now:")
        codes = server.ask("POST", "/api/v1/me/totp/confirm", json={"code": code})
        typed.show({"name": asked.name, "totp": True, **codes})


def token(asked: Namespace) -> None:
    """A token of one's own, shown once."""
    form = {"name": asked.label, **_reach(asked), "ends_ms": app.utc_ms() + asked.days * DAY_MS}
    with _entered(asked) as (server, _):
        made = server.ask("POST", "/api/v1/tokens", json=form)
    about = made["about"]
    typed.show({"token": made["token"], "id": about["id"], "user": asked.name, "ends_ms": about["ends_ms"]})


def tokens(asked: Namespace) -> None:
    """Everybody's, without themselves."""
    with api(asked) as server:
        typed.show(list(typed.pages(server, "/api/v1/tokens", "tokens")))


def drop_token(asked: Namespace) -> None:
    """Good no longer."""
    with api(asked) as server:
        typed.show(server.ask("DELETE", f"/api/v1/tokens/{typed.part(asked.id)}"))


def _reset(asked: Namespace, is_totp: bool) -> None:
    with api(asked) as server:
        found = _named(server, asked.name)
        form = {"password": typed.new_password(), "totp": is_totp, "approval": asked.approval}
        with _by_two(server, found["id"]):
            server.ask("POST", f"{USERS}/{found['id']}/password", json=form)
        typed.show(_named(server, asked.name))


@contextlib.contextmanager
def _entered(asked: Namespace) -> Any:
    """The session of NAME, and the password that opened it. Raises `Refused`: `user_name`, `SaidNo`."""
    form = {"name": names.login(asked.name), "password": typed.password()}
    with Visitor(asked.url, getattr(asked, "ca", None)) as server:
        try:
            said = server.ask("POST", "/api/v1/login", json=form)
        except SaidNo as err:
            if err.code != "totp_needed":
                raise
            code = typed.code("Type the six digits of your authenticator app, or a recovery code:")
            said = server.ask("POST", "/api/v1/login", json={**form, "code": code})
        for one in said["resets"]:
            print(f"server: {one['en']}\n{one['vi']}", file=sys.stderr)
        try:
            yield server, form["password"]
        finally:
            with contextlib.suppress(TramError):  # it has ended already, or will by itself
                server.ask("POST", "/api/v1/logout")


def _change(server: Api, name: str, fields: dict[str, Any]) -> Any:
    found = _named(server, name)
    with _by_two(server, found["id"]):
        return server.ask("PATCH", f"{USERS}/{found['id']}", json=fields, headers=_seen(found))


@contextlib.contextmanager
def _by_two(server: Api, about: str) -> Iterator[None]:
    """Where it takes two, another administrator is asked. Raises `SaidNo`: `approval_asked`, with its id."""
    try:
        yield
    except SaidNo as err:
        found = NEEDED.match(err.detail)
        if err.code != "approval_needed" or found is None:
            raise
        form = {"action": found["action"], "question": found["question"], "about": about, "people": 1}
        made = server.ask("POST", "/api/v1/approvals", json=form | {"within_s": APPROVAL_S})
        how = f"approval judge {made['id']} --yes (another administrator), then this again with --approval {made['id']}"
        raise SaidNo("approval_asked", how) from err


def _named(server: Api, name: str) -> Any:
    wanted = names.login(name)
    for found in typed.pages(server, USERS, "users"):
        if found["name"] == wanted:
            return found
    raise Refused("not_found", f"there is no user {wanted}")


def _seen(found: Any) -> dict[str, str]:
    return {"If-Match": f'"{found["version"]}"'}


def _reach(asked: Namespace) -> dict[str, list[str]]:
    found = typed.lists(typed.scope(asked))
    if not found["roles"]:
        raise Refused("role_unknown", "--role is needed")
    return {"roles": found["roles"], "areas": found["areas"] or ["*"], "places": found["places"] or ["*"]}
