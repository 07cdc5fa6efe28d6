"""Users in a store, their sessions and tokens: `await make(server, "an", ["tracer"])`, `await enter(client, user)`."""

import secrets
from typing import NamedTuple

import pyotp
from sqlalchemy import update

from server.access import passwords
from server.access.chain import Told
from server.access.users import ACTIVE, Token, User
from server.app import utc_ms
from server.store.access_tables import users
from server.web.doors import digest, new_token

PASSWORD = "ba con mèo đen ngủ"
OURS = {"Sec-Fetch-Site": "same-origin"}
DAY_MS = 86_400_000
BY = "cli:test"


class Made(NamedTuple):
    """A user, and what it needs to get in."""

    id: str
    name: str
    secret: str

    def code(self, steps=0):
        """The code of now, or of some steps away."""
        return pyotp.TOTP(self.secret).at(utc_ms() // 1000 + 30 * steps)


def user(name, roles=(), areas=None, places=(), **more):
    """Where nothing is said of areas, it reaches everywhere."""
    areas = (["*"] if {"supervisor", "tracer"} & set(roles) else []) if areas is None else areas
    facts = {"id": "u-" + secrets.token_hex(8), "title": name, "state": ACTIVE, "has_totp": False}
    facts |= {"made_ms": 0, "changed_ms": 0, "version": 1} | more
    return User(name=name, roles=frozenset(roles), areas=frozenset(areas), places=frozenset(places), **facts)


async def make(server, name, roles=(), areas=None, places=(), totp=None, **more):
    """Keep a user; with a second factor where its roles ask for one."""
    access = server.shelf.access
    made = user(name, roles, areas or None, places, **more)
    await access.add_user(made, passwords.make(PASSWORD), Told(BY, "user_added", (made.id,)))
    secret = ""
    if totp if totp is not None else {"tracer", "administrator"} & set(roles):
        secret = pyotp.random_base32(32)
        fields = {"totp": access.vault.seal(made.id, secret), "totp_step": 0, "recovery": ""}
        await access.change_user(made.id, None, fields, Told(BY, "totp_set"))
    return Made(made.id, name, secret)


async def log_in(client, made, password=PASSWORD, code=None, **headers):
    """Post the log-in; returns the response. The client keeps the cookie."""
    form = {"name": made.name, "password": password}
    if code or (code is None and made.secret):
        form["code"] = code or made.code()
    return await client.post("/api/v1/login", json=form, headers=headers)


async def enter(client, made):
    """Log in, for tests of something else."""
    response = await log_in(client, made)
    assert response.status_code == 200, response.text
    return response.json()


async def token(server, made, roles, ends_ms=None, areas=("*",), places=("*",), is_strong=True):
    """Headers with a token that speaks for this user; a strong one is of a user with a second factor."""
    secret = new_token()
    if is_strong:
        await server.shelf.database.write(lambda connection: _second_factor(server, connection, made.id))
    ends_ms = utc_ms() + DAY_MS if ends_ms is None else ends_ms
    sets = [frozenset(one) for one in (roles, areas, places)]
    kept = Token(secrets.token_hex(8), made.id, "test", *sets, is_strong, utc_ms(), ends_ms, None)
    await server.shelf.access.add_token(kept, digest(secret), Told(BY, "token_added"))
    return {"Authorization": "Bearer " + secret}


def _second_factor(server, connection, user_id):
    sealed = server.shelf.access.vault.seal(user_id, pyotp.random_base32(32))
    bare = update(users).where(users.c.id == user_id, users.c.totp.is_(None))
    connection.execute(bare.values(totp=sealed, totp_step=0))
