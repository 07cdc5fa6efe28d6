"""Users who log in without the time that real hashing takes, and a store on either database.

A module says in NOW_MS what its clock shows first."""

import pytest

from server.store.shelf import Shelf
from tests.server.access.conftest import fast_hashing as fast_hashing
from tests.server.places.shelves import Clock
from tests.server.postgres import cluster as cluster
from tests.server.postgres import migrated_template as migrated_template
from tests.server.postgres import place as place
from tests.server.postgres import postgres as postgres


@pytest.fixture
def clock(request):
    return Clock(request.module.NOW_MS)


@pytest.fixture
async def shelf(place, clock):
    made = Shelf(place, clock)
    made.start()
    yield made
    made.close()
