"""Stores for the tests: a real PostgreSQL (a cluster for each session and each worker, a database for each test), and
files of SQLite. Migrating is done once for each of the two; a test gets a copy of what came out of it."""

import itertools
import shutil

import pytest

from scripts.figures.own_cluster import OwnCluster
from server.store.postgres import Cluster


class PostgresCluster(OwnCluster):
    """With databases as the server is told of them."""

    def at(self, name):
        return Cluster(self.url(name))


@pytest.fixture(scope="session")
def cluster():
    """A cluster for this session, in memory."""
    made = PostgresCluster()
    made.start()
    yield made
    made.end()


@pytest.fixture(scope="session")
def migrated_template(cluster):
    """A database with every table, to make others from."""
    from server.store.shelf import Shelf
    from tests.server.rig import NOW_MS

    name = cluster.create()
    shelf = Shelf(cluster.at(name), lambda: NOW_MS)
    shelf.start()
    shelf.close()
    return name


@pytest.fixture
def postgres(cluster, migrated_template):
    """A database of this test's own, migrated."""
    name = cluster.create(migrated_template)
    yield cluster.at(name)
    cluster.drop(name)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """`migrated_file(path)` puts there a database of SQLite with every table -> path"""
    from server.store.shelf import Shelf
    from tests.server.rig import NOW_MS

    made = tmp_path_factory.mktemp("migrated") / "server.db"
    shelf = Shelf(made, lambda: NOW_MS)
    shelf.start()
    shelf.close()

    def put(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        return shutil.copyfile(made, path)

    return put


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    """Where the store is: each test that asks runs once on either."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres")
    return request.getfixturevalue("migrated_file")(tmp_path / "server.db")


@pytest.fixture(params=["sqlite", "postgres"])
def fresh_place(request, tmp_path):
    """`fresh_place()` is a place for a store of its own, each time."""
    numbers, made = itertools.count(1), []

    def fresh():
        if request.param == "sqlite":
            return request.getfixturevalue("migrated_file")(tmp_path / f"fresh-{next(numbers)}" / "server.db")
        cluster = request.getfixturevalue("cluster")
        made.append(cluster.create(request.getfixturevalue("migrated_template")))
        return cluster.at(made[-1])

    yield fresh
    for name in made:
        request.getfixturevalue("cluster").drop(name)
