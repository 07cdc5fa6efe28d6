"""Servers for the tests of server/: the app without a socket, and the real process.

They are on SQLite. With TRAM_TESTS_ON=postgres in the environment the same tests run on PostgreSQL; a test that is
about one of the two asks for `place` or `postgres` instead.
"""

import os

import pytest
from argon2 import PasswordHasher, Type
from litestar.testing import AsyncTestClient

from server.access import passwords
from server.app import Server
from tests.server import rig
from tests.server.apps import Apps
from tests.server.postgres import cluster, fresh_place, migrated_file, migrated_template, place, postgres

__all__ = ["cluster", "fresh_place", "migrated_file", "migrated_template", "place", "postgres"]

APPS = Apps()
FAST = PasswordHasher(1, 8, 1, 32, 16, type=Type.ID)


@pytest.fixture(autouse=True)
def apps(monkeypatch):
    """The servers of a test have applications that others had before."""
    monkeypatch.setattr("server.app.build", APPS.lend)
    yield APPS
    APPS.take_back()


@pytest.fixture(autouse=True)
def fast_hashing(monkeypatch):
    """What hashing costs is tested in access/test_pure.py, and of the real process; elsewhere it is only in the way."""
    monkeypatch.setattr(passwords, "HASHER", FAST)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def on_postgres(request):
    """The setting that puts a server on a database of its own, where that is wanted; else nothing."""
    if os.environ.get("TRAM_TESTS_ON") != "postgres" or request.node.get_closest_marker("sqlite"):
        return ""
    return f'database_url = "{request.getfixturevalue("postgres").url}"\n'


@pytest.fixture
def serve(tmp_path, on_postgres):
    """`serve(**how)` starts the real process; it is ended with the test."""
    started = []

    def start(**how):
        preexec_fn = how.pop("preexec_fn", None)
        how["before"] = on_postgres + how.get("before", "")
        process = rig.Process(rig.settings(tmp_path, **how), preexec_fn)
        started.append(process)
        return process.start()

    yield start
    for process in started:
        process.end()


@pytest.fixture
def more_settings(tmp_path):
    """What else stands in the settings; a test module may say otherwise."""
    return {}


@pytest.fixture
async def server(tmp_path, more_settings, on_postgres, migrated_file):
    """The server as an object, its store open."""
    before = on_postgres + more_settings.get("before", "")
    made = Server(rig.config(tmp_path, **{**more_settings, "before": before}))
    if not on_postgres:
        migrated_file(made.config.database_path())
    made.open()
    yield made
    made.close()


@pytest.fixture
async def client(server):
    """The app, asked without a socket."""
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as made:
        yield made


@pytest.fixture
def send(client):
    """`await send(body, …)` posts a batch; returns the response."""

    async def post(data, packed=None, **how):
        content = rig.packed(data) if packed is None else packed
        return await client.post("/api/v1/batches", content=content, headers=rig.headers(**how))

    return post
