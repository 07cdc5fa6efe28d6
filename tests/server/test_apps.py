"""An application that is lent again is as one that was built for this server."""

import contextlib

import pytest

from server.app import Server
from server.web import site
from tests.server import rig
from tests.server.apps import Apps


class Built:
    """What `site.build` makes, counted."""

    def __init__(self):
        self.many = 0

    def __call__(self, desk, lifespan):
        self.many += 1
        return site.build(desk, lifespan)


@pytest.fixture
def built():
    return Built()


@contextlib.asynccontextmanager
async def alive(app):
    app.state.opened = True
    yield


def test_two_at_once_have_two_and_whoever_comes_later_has_one_of_them(built):
    apps = Apps(built)
    first, second = apps.lend("desk 1", alive), apps.lend("desk 2", alive)
    assert first is not second
    assert (first.state.desk, second.state.desk) == ("desk 1", "desk 2")
    apps.take_back()
    assert apps.lend("desk 3", alive) in (first, second)
    assert built.many == 2


async def test_nothing_of_the_one_before_is_left(built):
    apps = Apps(built)
    app = apps.lend("desk 1", alive)
    pulse = app.state.pulse
    async with app.lifespan():
        assert app.state.opened
    apps.take_back()
    assert apps.lend("desk 2", alive) is app
    assert app.state.dict() == {"desk": "desk 2", "pulse": app.state.pulse}
    assert app.state.pulse is not pulse


async def test_what_is_idle_serves_nobody(built):
    apps = Apps(built)
    app = apps.lend("desk 1", alive)
    apps.take_back()
    assert app.state.desk is None
    with pytest.raises(BaseExceptionGroup):
        async with app.lifespan():
            pass


def test_a_server_of_a_test_has_a_lent_one(apps, tmp_path):
    server = Server(rig.config(tmp_path))
    try:
        assert server.app.state.desk.store is server.shelf
        apps.take_back()
        assert server.app.state.desk is None
    finally:
        server.close()
