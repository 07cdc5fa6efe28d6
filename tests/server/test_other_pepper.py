"""One pepper for all that is derived, whoever is started anew with which; and all of it anew where rules are newer."""

import pytest
from sqlalchemy import delete, select, update

from server.app import make_local_holder
from server.deriving import Deriver
from server.errors import Unusable
from server.holder.folder import Folder
from server.ingest.seal import Keys
from server.store import deriving, person_tables, visit_tables
from server.store.derive_tables import derivings
from tests.server import people, rig
from tests.server.rig import body, scan

ONE = people.people(seed=3, count=1)[0]
CODE = people.CODES[ONE.shows[0]](ONE)


@pytest.fixture
def more_settings():
    return {"more": "[deriving]\nenabled = false"}


class Holder:
    """Whoever holds the keys: a process that may be started anew behind the back of a server that runs."""

    def __init__(self, config):
        self._config = config
        self.start()

    def start(self):
        self.now = make_local_holder(self._config, Keys())

    def __getattr__(self, verb):
        return getattr(self.now, verb)


@pytest.fixture
def holder(server):
    return Holder(server.config)


@pytest.fixture
def deriver(server, holder):
    return Deriver(server.shelf.deriving, holder, 10, 1000)


@pytest.fixture
def rotate(server):
    return lambda: Folder(server.config.holder_folder()).rotate_pepper()


async def derived(server):
    """(persons of sightings, visits, tokens)"""

    def job(connection):
        persons = set(connection.execute(select(visit_tables.sightings.c.person)).scalars())
        visits = connection.execute(select(visit_tables.visits.c.person)).scalars().all()
        return persons, len(visits), set(connection.execute(select(person_tables.tokens.c.mac)).scalars())

    return await server.shelf.database.read(job)


async def came(send, *seqs):
    sent = await send(body([scan(seq, code=CODE) for seq in seqs], batch_no=seqs[0]))
    assert rig.verdicts(sent) == [(seq, "accepted", None) for seq in seqs]


async def test_a_holder_started_anew_with_a_newer_pepper_makes_no_second_person(server, send, holder, deriver, rotate):
    await came(send, 1, 2)
    assert await deriver.all() == 2
    before = await derived(server)
    rotate()
    holder.start()
    await came(send, 3)
    await deriver.all()
    persons, visits, tokens = await derived(server)
    assert (len(persons), visits) == (1, 3)
    assert not persons & before[0]
    assert not tokens & before[2]


async def test_a_holder_that_is_exchanged_while_it_names_a_page_mixes_nothing(server, send, holder, deriver, rotate):
    await came(send, 1, 2)
    tokens = holder.now.tokens

    async def then_started_anew(rows):
        found = await tokens(rows)
        rotate()
        holder.start()
        return found

    holder.now.tokens = then_started_anew
    assert await deriver.all() == 2
    assert len((await derived(server))[0]) == 1


async def test_a_holder_with_an_older_pepper_than_the_database_writes_nothing(server, send, holder, deriver, rotate):
    old = holder.now
    rotate()
    holder.start()
    await came(send, 1)
    await deriver.all()
    before = await derived(server)
    holder.now = old
    await came(send, 2)
    with pytest.raises(Unusable, match="holder_other"):
        await deriver.all()
    assert await derived(server) == before
    holder.start()
    assert await deriver.all() == 2


async def test_a_page_that_was_named_with_another_pepper_is_not_written(server, send, holder, deriver):
    await came(send, 1)
    await deriver.same_keys()
    page = await server.shelf.deriving.derive_page(10)
    named = await holder.tokens(page.sealed())
    assert not await server.shelf.deriving.derive(page, named, "0" * 16)
    assert await derived(server) == (set(), 0, set())
    assert await server.shelf.deriving.derive(page, named, (await holder.public_keys()).pepper)
    assert len((await derived(server))[0]) == 1


@pytest.mark.parametrize("version", [None, 0, deriving.RULES_VERSION - 1])
async def test_what_older_rules_made_is_derived_anew(server, send, deriver, version):
    ours = derivings.c.name.startswith(deriving.RULES)
    older = update(derivings).where(ours).values(name=f"{deriving.RULES}{version}")
    await came(send, 1, 2)
    await deriver.all()
    before = await derived(server)
    await deriver.same_keys()
    assert await deriver.step() == 0
    as_before = delete(derivings).where(ours) if version is None else older
    await server.shelf.database.write(lambda connection: connection.execute(as_before))
    await deriver.same_keys()
    assert await derived(server) == (set(), 0, set())
    assert await deriver.all() == 4
    assert await derived(server) == before


async def test_rules_that_are_newer_than_this_programs_are_left_alone(server, send, deriver):
    newer = f"{deriving.RULES}{deriving.RULES_VERSION + 1}"
    ours = derivings.c.name.startswith(deriving.RULES)
    await came(send, 1)
    await deriver.all()
    by_a_newer_program = update(derivings).where(ours).values(name=newer)
    await server.shelf.database.write(lambda connection: connection.execute(by_a_newer_program))
    await deriver.same_keys()
    assert await deriver.step() == 0
