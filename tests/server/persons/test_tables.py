"""What the migration makes is what the server uses."""

import pytest
from sqlalchemy import inspect

from server.store import person_tables
from server.store.shelf import Shelf
from tests.server.rig import NOW_MS

TABLES = (
    person_tables.tokens,
    person_tables.edges,
    person_tables.probables,
    person_tables.destructions,
    person_tables.horizons,
)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
async def test_the_migration_makes_the_table_that_is_used(place, table):
    shelf = Shelf(place, lambda: NOW_MS)
    shelf.start()
    try:
        found, held = await shelf.database.read(lambda connection: _of(connection, table))
    finally:
        shelf.close()
    assert found == {
        "columns": {(column.name, column.nullable) for column in table.columns},
        "key": [column.name for column in table.primary_key],
        "indexes": {tuple(index.columns.keys()) for index in table.indexes},
    }
    assert ("day", "class") in held


def _of(connection, table):
    made = inspect(connection)
    unique = {tuple(one["column_names"]) for one in made.get_unique_constraints(table.name)}
    indexes = {tuple(one["column_names"]) for one in made.get_indexes(table.name)} - unique
    columns = {(one["name"], one["nullable"]) for one in made.get_columns(table.name)}
    key = made.get_pk_constraint(table.name)["constrained_columns"]
    held = {tuple(one["column_names"]) for one in made.get_indexes("scans")}
    return {"columns": columns, "key": key, "indexes": indexes}, held
