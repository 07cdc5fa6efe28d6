"""Who looked somebody up is told by pseudonym; where pseudonyms were changed, since when it can be told is said."""

import asyncio
import json

import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from server.app import Server, make_local_holder
from server.cli.words import main
from server.errors import Unavailable
from server.holder.folder import Folder
from server.store.person_tables import tokens
from tests.server import people, rig
from tests.server.access.users_in import make, token
from tests.server.rig import body, headers, packed, scan

ONE = people.people(seed=9, count=1)[0]
LOOKS = "/api/v1/audit/looks"


@pytest.fixture
def run(capsys):
    """-> what a word prints on stdout, and on stderr."""

    def words(*arguments):
        capsys.readouterr()
        assert main([str(one) for one in arguments]) in (0, None)
        out, err = capsys.readouterr()
        return (json.loads(out) if arguments[0] == "audit" else out), err

    return words


async def seen(server, client):
    """Somebody was seen twice, and looked at once -> who."""
    made = packed(body([scan(seq, people.citizen_2021(ONE)) for seq in (1, 2)]))
    assert (await client.post("/api/v1/batches", content=made, headers=headers())).status_code == 200
    await server.deriver.same_keys()
    await server.deriver.all()
    person = await person_in(server)
    await server.shelf.access.record("u-9", "contact_opened", [person], {})
    return person


async def person_in(server):
    asked = select(tokens.c.person).where(tokens.c.person.is_not(None))
    return (await server.shelf.database.read(lambda one: one.execute(asked).scalars().first())).hex()


async def told(client, server, person, name):
    chief = await token(server, await make(server, name, ["administrator"]), ["administrator"])
    answer = (await client.get(LOOKS, params={"subject": person}, headers=chief)).json()
    return len(answer["entries"]), answer["told_since_ms"]


async def test_after_a_new_pepper_and_rebuild_it_is_said_since_when_looks_are_told(tmp_path, run):
    path = rig.settings(tmp_path)
    server = Server(rig.config(tmp_path))
    server.open()
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as client:
        before = await seen(server, client)
    server.close()

    def words():
        found, said = run("audit", "who-looked", before, "--config", path)
        assert ([one["action"] for one in found], said) == (["contact_opened"], "")
        run("holder", "rotate-pepper", "--yes", "--config", path)
        for _ in range(2):
            run("rebuild", "--config", path)
        assert run("audit", "verify", "--config", path)[0]["is_whole"]
        lines = run("audit", "show", "--action", "pseudonyms_changed", "--config", path)[0]
        return lines, run("audit", "who-looked", "ab" * 16, "--config", path)[1]

    (line,), said = await asyncio.to_thread(words)
    assert line["subjects"] == ["pseudonyms"]
    assert f"told_since_ms {line['at_ms']}" in said
    assert "Bí danh đã đổi lúc" in said
    server = Server(rig.config(tmp_path))
    server.open()
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as client:
        after = await person_in(server)
        assert after != before
        assert await told(client, server, after, "chief") == (0, line["at_ms"])
    server.close()


async def test_a_server_that_finds_a_newer_pepper_says_so_once(server, client):
    person = await seen(server, client)
    assert await told(client, server, person, "first") == (1, None)
    Folder(server.config.holder_folder()).rotate_pepper()
    server.deriver._holder = make_local_holder(server.config, server.keys)
    for _ in range(2):
        await server.deriver.same_keys()
    await server.deriver.all()
    since_ms = await server.shelf.access.told_since_ms()
    changed = await server.shelf.access.entries(0, 100, None, "pseudonyms_changed")
    assert [(one.at_ms, one.actor) for one in changed] == [(since_ms, "server")]
    assert await told(client, server, await person_in(server), "second") == (0, since_ms)


async def test_other_pseudonyms_and_the_line_that_says_so_are_one_transaction(server, client, monkeypatch):
    person = await seen(server, client)
    Folder(server.config.holder_folder()).rotate_pepper()
    server.deriver._holder = make_local_holder(server.config, server.keys)

    def cut(connection):
        raise Unavailable("store_failed")

    with monkeypatch.context() as here:
        here.setattr(server.shelf.deriving, "_pseudonyms_changed", cut)
        with pytest.raises(Unavailable):
            await server.deriver.same_keys()
    assert await person_in(server) == person
    assert await server.shelf.access.told_since_ms() is None
    known = await server.deriver._holder.public_keys()
    assert await server.shelf.deriving.keep_keys(known.pepper, known.peppers, known.digest) == "pepper"
    assert await server.shelf.access.told_since_ms() is not None


async def test_rules_that_are_newer_change_no_pseudonym(server, client, monkeypatch):
    async def rules(*what):
        return "rules"

    monkeypatch.setattr(server.shelf.deriving, "keep_keys", rules)
    await server.deriver.same_keys()
    assert await server.shelf.access.told_since_ms() is None
