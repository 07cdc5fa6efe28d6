"""Many rows at once: all of them or none, however many fit into one statement."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from server.store.database import Database
from server.store.dialect import MOST_VALUES, insert_many
from server.store.tables import clocks
from tests.server.rig import BOX, EPOCH, NOW_MS

COLUMNS = tuple(column.name for column in clocks.columns)
TOGETHER = MOST_VALUES // len(COLUMNS)


@pytest.fixture
def database(place):
    made = Database(place, lambda: NOW_MS, 2000, 64)
    made.start(True)
    yield made
    made.close()


def row(number):
    said = {"box_id": BOX, "epoch": EPOCH, "boot": 1, "uptime_ms": number, "earliest_ms": number, "latest_ms": number}
    return tuple(said[name] for name in COLUMNS)


async def stored(database):
    asked = select(clocks).order_by(clocks.c.uptime_ms)
    return await database.read(lambda connection: [tuple(one) for one in connection.execute(asked)])


@pytest.mark.parametrize("count", [0, 1, TOGETHER - 1, TOGETHER, TOGETHER + 1, 3 * TOGETHER + 7])
async def test_every_row_is_there_once_and_as_it_was_given(database, count):
    rows = [row(number) for number in range(count)]
    await database.write(lambda connection: insert_many(connection, clocks, COLUMNS, rows))
    assert await stored(database) == rows


@pytest.mark.parametrize("twice", [0, TOGETHER - 1, TOGETHER, 2 * TOGETHER + 6])
async def test_where_one_is_there_already_none_of_them_is_kept(database, twice):
    await database.write(lambda connection: insert_many(connection, clocks, COLUMNS, [row(twice)]))
    rows = [row(number) for number in range(2 * TOGETHER + 7)]
    with pytest.raises(IntegrityError):
        await database.write(lambda connection: insert_many(connection, clocks, COLUMNS, rows))
    assert await stored(database) == [row(twice)]
