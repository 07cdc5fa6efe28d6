"""The server is wrong in every way that it can be, then well again: named, nothing lost, nothing there twice."""

import asyncio
import random
import ssl
import threading

import pytest

from tests.flow.whole import SMALL, Whole, scanning
from tests.gateway.gateways import wait_for
from tests.gateway.server import papers
from tests.gateway.server.papers import DAY_MS, NOW_MS
from tests.gateway.server.stand import HANG, PORTAL, Reply, Stand, says

AUTHORITY = papers.authority("The server's")
HALF = b'{"v":1,"gateway_id":"gw-1","batch_no":1,"server_utc_ms":1700000000000,"verdi'
WRONGS = {
    "nonsense": (PORTAL, "no answer to what was asked"),
    "too large for ever": (says(413, b"no"), "413"),
    "later": (says(429, b"no", ("Retry-After", "1")), "429"),
    "fails": (says(500, b"no"), "500"),
    "denied": (says(401, b"no"), "401"),
    "hangs": (HANG, "answer"),
    "half an answer": (lambda _: Reply(200, HALF * 4, cut_at=200), "cut"),
    "wrong verdicts": (says(200, HALF + b'cts":[]}'), "answer"),
}


class Elsewhere:
    """A server of another thread, on a port that the real one takes over afterwards."""

    def __init__(self, behaviour, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._stand = Stand(behaviour, tls, port)
        self._up, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        self._thread.start()
        assert self._up.wait(10)

    async def _serve(self) -> None:
        async with self._stand:
            self._up.set()
            await asyncio.to_thread(self._over.wait)

    def batches(self) -> int:
        return sum("/batches" in one.target for one in self._stand.requests)

    def end(self) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("wrong", WRONGS)
def test_whatever_the_server_does_is_named_and_over_when_it_is_well(wrong, tmp_path, capsys):
    behaviour, _ = WRONGS[wrong]
    whole = Whole(tmp_path, SMALL)
    elsewhere = Elsewhere(behaviour, whole.server.port)
    try:
        whole.gateway.start_and_wait()
        whole.connect()
        with scanning(whole, every_s=0.01):
            wait_for(lambda: len(whole.acknowledged()) > 100)
            wait_for(lambda: elsewhere.batches() > 2)
            wait_for(lambda: whole.gateway.metric('tram_part_ok{part="sending"}') == 0)
            assert not whole.gateway.metric('tram_verdicts_total{verdict="accepted"}')
        named = whole.gateway.told("sending")
        elsewhere.end()
        whole.server.start()
        whole.until_acked()
        whole.until_delivered()
        wait_for(lambda: whole.gateway.metric('tram_part_ok{part="sending"}') == 1)
    finally:
        elsewhere.end()
        whole.end()
    with capsys.disabled():
        print(f"\n{wrong}: {named}")
    assert named


@pytest.mark.parametrize("wrong", ["of a stranger", "over", "not yet begun", "of another name", "no TLS"])
def test_a_certificate_that_is_not_right_is_named_and_nothing_is_sent_to_whoever_shows_it(wrong, tmp_path, capsys):
    good = papers.certificate(AUTHORITY)
    shown = {
        "of a stranger": papers.certificate(papers.authority("Somebody else's")),
        "over": papers.certificate(AUTHORITY, NOW_MS - 9 * DAY_MS, NOW_MS - DAY_MS),
        "not yet begun": papers.certificate(AUTHORITY, NOW_MS + DAY_MS, NOW_MS + 9 * DAY_MS),
        "of another name": papers.certificate(AUTHORITY, names=("10.9.8.7",)),
        "no TLS": None,
    }[wrong]
    chain = papers.write(tmp_path / "chain.pem", good.chain())
    whole = Whole(tmp_path, SMALL, chain_file=chain)
    papers.write(whole.gateway.folder / "ca.pem", AUTHORITY.pem())
    text = whole.gateway.config.read_text()
    whole.gateway.config.write_text(text.replace("[server]\n", '[server]\nca_file = "ca.pem"\n'))
    tls = None if shown is None else papers.shows(shown, tmp_path)
    elsewhere = Elsewhere(says(200, b"{}"), whole.server.port, tls)
    try:
        whole.gateway.start_and_wait()
        whole.connect()
        whole.scan(60, random.Random(1))
        whole.until_acked()
        wait_for(lambda: whole.gateway.metric('tram_part_ok{part="sending"}') == 0)
        named = whole.gateway.told("sending")
        assert elsewhere.batches() == 0
        elsewhere.end()
        whole.server.start()
        whole.until_delivered()
        wait_for(lambda: whole.gateway.metric('tram_part_ok{part="sending"}') == 1)
    finally:
        elsewhere.end()
        whole.end()
    with capsys.disabled():
        print(f"\n{wrong}: {named}")
    assert "waiting" in named[0] or "waiting" in named[-1]
