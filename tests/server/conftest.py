"""Servers for the tests of server/: the app without a socket, and the real process."""

import pytest
from litestar.testing import AsyncTestClient

from server.app import Server
from tests.server import rig


@pytest.fixture
def serve(tmp_path):
    """`serve(**how)` starts the real process; it is ended with the test."""
    started = []

    def start(**how):
        preexec_fn = how.pop("preexec_fn", None)
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
async def server(tmp_path, more_settings):
    """The server as an object, its store open."""
    made = Server(rig.config(tmp_path, **more_settings))
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
