"""Several servers on one PostgreSQL: what one is told, the other knows; none takes keys that are not the database's."""

import asyncio
import shutil

import pytest
from litestar.testing import AsyncTestClient

from server.app import Server
from server.errors import Unusable
from tests.server import rig
from tests.server.rig import BOX, FOREIGN_BOX, GATEWAY, WISHES, body, scan

WAIT_S = 20


@pytest.fixture
def settings(tmp_path, postgres):
    """Settings of a node, with the same keys as every other."""

    def made(name, keys="keys"):
        folder = tmp_path / name
        folder.mkdir()
        text = rig.settings(folder, before=f'database_url = "{postgres.url}"').read_text()
        path = folder / "server.toml"
        path.write_text(text + f'\n[holder]\nfolder = "{tmp_path / keys}"\n')
        return rig.load(path)

    return made


async def until(holds):
    async with asyncio.timeout(WAIT_S):
        while not await holds():
            await asyncio.sleep(0.05)


async def test_a_box_that_is_given_at_one_node_is_taken_in_at_the_other(settings):
    nodes = [Server(settings(name)) for name in ("a", "b")]
    for one in nodes:
        one.open()
    try:
        async with (
            AsyncTestClient(nodes[0].app, base_url="http://testserver.local") as first,
            AsyncTestClient(nodes[1].app, base_url="http://testserver.local") as second,
        ):
            early = await second.post(
                "/api/v1/batches", content=rig.packed(body([scan(9, box_id=FOREIGN_BOX)])), headers=rig.headers()
            )
            assert rig.verdicts(early) == [(9, "quarantined", "box_not_assigned")]
            path = f"/api/v1/fleet/gateways/{GATEWAY}"
            seen = {"If-Match": (await first.get(path, headers=WISHES)).headers["etag"]}
            given = await first.put(f"{path}/boxes/{FOREIGN_BOX}", headers=WISHES | seen)
            assert given.status_code == 200, given.text

            async def is_known():
                return FOREIGN_BOX in nodes[1].roster.assignments.boxes_of(GATEWAY)

            await until(is_known)
            sent = await second.post(
                "/api/v1/batches", content=rig.packed(body([scan(1, box_id=FOREIGN_BOX)])), headers=rig.headers()
            )
            assert rig.verdicts(sent) == [(1, "accepted", None)]

            async def is_judged_anew():
                found = await nodes[1].shelf.scans(FOREIGN_BOX, rig.EPOCH, 0, 10)
                return [one.stored.seq for one in found] == [1, 9]

            await until(is_judged_anew)

            told = nodes[0].live.watch("en")  # a page that looks at the first, while the batch goes to the second
            asked = asyncio.create_task(anext(told))
            await asyncio.sleep(0)
            more = await second.post(
                "/api/v1/batches", content=rig.packed(body([scan(2)], batch_no=2)), headers=rig.headers()
            )
            assert rig.verdicts(more) == [(2, "accepted", None)]
            async with asyncio.timeout(WAIT_S):
                news = await asked
                while BOX.encode() not in news:
                    news = await anext(told)
            await told.aclose()

            async def is_heard():
                return nodes[0].roster.state(GATEWAY).heard_ms is not None

            await until(is_heard)
    finally:
        for one in nodes:
            one.close()


async def test_a_node_with_other_keys_does_not_start_and_leaves_everything_as_it_is(settings, tmp_path):
    server = Server(settings("a"))
    server.open()
    async with AsyncTestClient(server.app, base_url="http://testserver.local") as client:
        sent = await client.post("/api/v1/batches", content=rig.packed(body([scan(1)])), headers=rig.headers())
        assert rig.verdicts(sent) == [(1, "accepted", None)]
    server.close()
    stranger = Server(settings("b", keys="other"))
    stranger.open()
    with pytest.raises(Unusable, match="holder_other"):
        await stranger.deriver.same_keys()
    stranger.close()
    shutil.copytree(tmp_path / "keys", tmp_path / "copy")
    again = Server(settings("c", keys="copy"))
    again.open()
    await again.deriver.same_keys()
    (found,) = await again.shelf.scans(BOX, rig.EPOCH, 0, 10)
    assert found.stored.digest is not None
    again.close()
