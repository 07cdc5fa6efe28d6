"""What access keeps, on SQLite and on PostgreSQL alike; and several nodes on one database."""

import asyncio
import contextlib

import pytest
from sqlalchemy import MetaData, create_engine, inspect, text

from server.access.chain import Checker, Told
from server.access.users import Session
from server.access.vault import Vault
from server.errors import Refused
from server.store import access_tables
from server.store.migrations import m0008_access
from server.store.shelf import Shelf
from tests.server.access.users_in import user
from tests.server.postgres import cluster, migrated_template, place, postgres  # noqa: F401 - fixtures

NOW_MS = 1_790_000_000_000
BY = "cli:test"


class Clock:
    now_ms = NOW_MS

    def __call__(self):
        return self.now_ms


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def access(place, clock):  # noqa: F811 - the fixture
    shelf = Shelf(place, clock)
    shelf.start()
    yield shelf.access
    shelf.close()


async def add(access, name, roles, **more):
    one = user(name, roles, **more)
    await access.add_user(one, None, Told(BY, "user_added", (one.id,)))
    return one


def refusals(found):
    return sorted(one.code if isinstance(one, Refused) else "done" for one in found)


async def faults(access):
    checker, found = Checker(access.vault), []
    while True:
        lines, page = await access.check(checker, 7)
        found += page
        if not lines:
            return found


async def test_what_is_kept_comes_back_as_it_was(access):
    one = await add(access, "an", ["supervisor", "ops"], areas=["xa-1", "xa-2"], places=["cho-1"])
    assert await access.user(one.id) == one
    assert (await access.user_named("an"))[0] == one
    assert await access.user_named("An") is None
    with pytest.raises(Refused, match="name_taken"):
        await add(access, "an", [])


async def test_of_many_who_take_the_same_name_at_once_one_gets_it(access):
    found = await asyncio.gather(*(add(access, "an", []) for _ in range(5)), return_exceptions=True)
    assert refusals([one if isinstance(one, Exception) else None for one in found]) == ["done", *["name_taken"] * 4]


async def test_of_two_administrators_who_lock_each_other_at_once_one_stays(access):
    made = [await add(access, name, ["administrator"]) for name in ("an", "binh")]
    locked = {"state": "locked"}
    found = await asyncio.gather(
        *(access.change_user(one.id, None, locked, Told(BY, "user_changed")) for one in made), return_exceptions=True
    )
    assert refusals(found) == ["done", "last_administrator"]


async def test_a_role_whose_name_holds_another_is_not_that_other(access):
    one = await add(access, "an", ["administrator"])
    await access._database.write(
        lambda connection: (
            connection.execute(text("UPDATE users SET roles = 'subadministrator' WHERE id != :id"), {"id": one.id})
            and None
        )
    )
    with pytest.raises(Refused, match="last_administrator"):
        await access.change_user(one.id, None, {"state": "locked"}, Told(BY, "user_changed"))


async def test_a_step_is_spent_once_by_many_who_come_at_once(access):
    one = await add(access, "an", [])
    found = await asyncio.gather(*(access.spend_step(one.id, 7) for _ in range(8)))
    assert sorted(found) == [False] * 7 + [True]
    assert not await access.spend_step(one.id, 6)
    assert await access.spend_step(one.id, 8)


async def test_attempts_that_begin_at_once_are_all_counted(access):
    found = await asyncio.gather(*(access.begin_attempt([("account", "a" * 32)]) for _ in range(12)))
    assert sum(wait_ms == 0 for wait_ms in found) == 5


async def test_a_session_ends_with_its_time_and_never_comes_back_with_the_clock(access, clock):
    one = await add(access, "an", ["ops"])
    session = Session(one.id, False, NOW_MS, NOW_MS + 1000)
    await access.log_in("d" * 64, session, ("a" * 32, "b" * 32), "", Told(one.id, "logged_in"))
    assert (await access.session_of("d" * 64))[0] == session
    clock.now_ms = NOW_MS + 1000
    assert await access.session_of("d" * 64) is None
    clock.now_ms = NOW_MS - 2 * 86_400_000
    assert await access.session_of("d" * 64) is None
    clock.now_ms = NOW_MS - 60_000
    assert (await access.session_of("d" * 64))[0] == session


async def test_a_user_has_so_many_sessions_and_the_oldest_go(access, clock):
    one = await add(access, "an", ["ops"])
    for number in range(103):
        session = Session(one.id, False, NOW_MS + number, NOW_MS + 1000)
        await access.log_in(f"{number:064x}", session, ("a" * 32, "b" * 32), "", Told(one.id, "logged_in"))
    left = [await access.session_of(f"{number:064x}") is not None for number in range(103)]
    assert left == [False] * 3 + [True] * 100


async def test_many_who_append_at_once_make_one_chain(access):
    await asyncio.gather(*(access.record(f"u-{n}", "person_read", [f"{n:032x}"], {"n": n}) for n in range(60)))
    assert (await access.head()).no == 60
    assert await faults(access) == []


async def test_a_refused_change_leaves_no_line(access):
    one = await add(access, "an", ["administrator"])
    with pytest.raises(Refused, match="last_administrator"):
        await access.change_user(one.id, None, {"state": "locked"}, Told(BY, "user_changed", (one.id,)))
    assert (await access.head()).no == 1


async def test_several_nodes_append_to_one_chain_without_a_fork(postgres, clock):  # noqa: F811 - the fixture
    vault, nodes = Vault(bytes(range(32))), []
    with contextlib.ExitStack() as stack:
        for number in range(3):
            shelf = Shelf(postgres, clock)
            shelf.access.vault, shelf.access.node = vault, f"node-{number}"
            shelf.start()
            stack.callback(shelf.close)
            nodes.append(shelf.access)
        await asyncio.gather(
            *(node.record(f"u-{n}", "person_read", [f"{n:032x}"], {}) for n in range(40) for node in nodes)
        )
        assert (await nodes[0].head()).no == 120
        assert await faults(nodes[1]) == []
        entries = await nodes[2].entries(0, 200, None, None)
        assert {one.node for one in entries} == {"node-0", "node-1", "node-2"}
        assert len({one.prev for one in entries}) == 120


def test_the_migration_makes_the_tables_as_they_are_now():
    engines = [create_engine("sqlite://") for _ in range(2)]
    names = ["users", "api_tokens", "sessions", "attempts", "audit", "audit_subjects", "requests", "approvals"]
    with engines[0].begin() as connection:
        m0008_access.up(connection)
    with engines[1].begin() as connection:
        made = MetaData()
        for name in names:
            access_tables.metadata.tables[name].to_metadata(made)
        made.create_all(connection)
    found = []
    for engine in engines:
        seen = inspect(engine)
        found.append(
            {
                name: (
                    [(one["name"], str(one["type"]), one["nullable"]) for one in seen.get_columns(name)],
                    seen.get_pk_constraint(name)["constrained_columns"],
                    sorted((one["name"], tuple(one["column_names"]), one["unique"]) for one in seen.get_indexes(name)),
                )
                for name in names
            }
        )
        engine.dispose()
    assert found[0] == found[1]
