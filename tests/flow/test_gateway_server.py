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
    "nonsense": (PORTAL, "bad_answer"),
    "413 for ever": (says(413, b"no"), "too_large"),
    "429": (says(429, b"no", ("Retry-After", "1")), "slow_down"),
    "500 for ever": (says(500, b"no"), "failed"),
    "401": (says(401, b"no"), "denied"),
    "hangs": (HANG, "cut"),
    "half an answer": (lambda _: Reply(200, HALF * 4, cut_at=200), "cut"),
    "no verdicts": (says(200, HALF + b'cts":[]}'), "bad_answer"),
}
"""What it does, and the code in its name."""
CERTIFICATES = {
    "of a stranger": (lambda: papers.certificate(papers.authority("Somebody else's")), "certificate"),
    "over": (lambda: papers.certificate(AUTHORITY, NOW_MS - 9 * DAY_MS, NOW_MS - DAY_MS), "expired"),
    "not yet begun": (lambda: papers.certificate(AUTHORITY, NOW_MS + DAY_MS, NOW_MS + 9 * DAY_MS), "clock"),
    "of another name": (lambda: papers.certificate(AUTHORITY, names=("10.9.8.7",)), "certificate"),
    "no TLS, and silent": (None, "unreachable"),
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


@pytest.fixture
def whole(tmp_path):
    """Its server has a certificate of AUTHORITY, and the gateway believes no other."""
    whole = Whole(
        tmp_path, SMALL, chain_file=papers.write(tmp_path / "chain.pem", papers.certificate(AUTHORITY).chain())
    )
    papers.write(whole.gateway.folder / "ca.pem", AUTHORITY.pem())
    text = whole.gateway.config.read_text()
    whole.gateway.config.write_text(text.replace("[server]\n", '[server]\nca_file = "ca.pem"\n'))
    yield whole
    whole.end()


def names(whole, code: str) -> list[str]:
    """What the health of a gateway that has just begun says of the server: told once, with the first reason."""
    before = len(whole.gateway.told("sending"))
    whole.gateway.kill()
    whole.gateway.start_and_wait()
    said = wait_for(lambda: whole.gateway.told("sending")[before:], 30)
    assert said[0].startswith("waiting: ")
    assert f"{code}: " in said[0]
    wait_for(lambda: whole.gateway.metric('tram_part_ok{part="sending"}') == 0)
    return said


def well_again(whole) -> None:
    whole.server.start()
    whole.until_acked()
    whole.until_delivered()
    wait_for(lambda: whole.gateway.metric('tram_part_ok{part="sending"}') == 1)


def test_whatever_the_server_does_is_named_and_nothing_is_lost_or_there_twice_when_it_is_well(whole, tmp_path, capsys):
    named = []
    whole.gateway.start_and_wait()
    whole.connect()
    with scanning(whole, every_s=0.03):
        for wrong, (behaviour, code) in WRONGS.items():
            tls = papers.shows(papers.certificate(AUTHORITY), tmp_path)
            elsewhere = Elsewhere(behaviour, whole.server.port, tls)
            try:
                named.append((wrong, names(whole, code)))
                assert elsewhere.batches() > 0
            finally:
                elsewhere.end()
    assert not whole.gateway.metric('tram_verdicts_total{verdict="accepted"}')
    well_again(whole)
    with capsys.disabled():
        print("", *(f"{wrong}: {said}" for wrong, said in named), sep="\n")


def test_a_certificate_that_is_not_right_is_named_and_whoever_shows_it_is_sent_nothing(whole, tmp_path, capsys):
    named = []
    whole.gateway.start_and_wait()
    whole.connect()
    whole.scan(60, random.Random(1))
    whole.until_acked()
    for wrong, (shown, code) in CERTIFICATES.items():
        tls = None if shown is None else papers.shows(shown(), tmp_path)
        elsewhere = Elsewhere(says(200, b"{}"), whole.server.port, tls)
        try:
            named.append((wrong, names(whole, code)))
            assert elsewhere.batches() == 0
        finally:
            elsewhere.end()
    well_again(whole)
    with capsys.disabled():
        print("", *(f"{wrong}: {said}" for wrong, said in named), sep="\n")
