"""One running server for the words that ask it: each test works on people of its own."""

import pytest

from tests.server.cli.office import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("office"))
    try:
        yield made.open()
    finally:
        made.close()
