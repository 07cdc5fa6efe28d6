"""Whose certificates are believed; with the right time, with a wrong one, with none."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.server import Settings, Way
from gateway.server.outcome import Outcome
from gateway.server.trust import MADE_MS, Trust
from tests.gateway.server.papers import DAY_MS, NOW_MS, Paper, authority, certificate, shows, write
from tests.gateway.server.stand import Stand, says

Bounds = tuple[int, int]
NOW: Bounds = (NOW_MS - 500, NOW_MS + 500)
IN_1970: Bounds = (1_000, 2_000)


def way_to(stand: Stand, folder: Path, ca: Paper | None, utc: Bounds | None, **more: object) -> Way:
    path = None if ca is None else write(folder / "ca.pem", ca.pem())
    urls = more.pop("urls", None) or [stand.url]
    settings = Settings(urls, "token", ca_file=path, timeout_s=5.0)._replace(**more)  # type: ignore[arg-type]
    return Way(
        settings,
        None,
        mono_ms=lambda: time.monotonic_ns() // 1_000_000,
        utc_bounds=lambda: utc,
        random=lambda: 0.5,
    )


async def asked(
    folder: Path, paper: Paper, utc: Bounds | None = NOW, ca: Paper | None = None, known_ms: int = 0
) -> Outcome:
    async with Stand(says(), shows(paper, folder)) as stand:
        way = way_to(stand, folder, ca or authority(), utc)
        way.trust.remember(known_ms)
        async with way.link() as link:
            got = await link.ask("GET", "/api")
        assert len(stand.requests) == (got.code == "answered")
        return got


async def test_a_good_certificate_of_our_authority_is_believed(tmp_path: Path) -> None:
    got = await asked(tmp_path, certificate(authority()))
    assert got.code == "answered"
    assert got.admits(NOW_MS)
    assert not got.admits(NOW_MS + 2 * DAY_MS)


async def test_the_servers_own_certificate_can_be_pinned(tmp_path: Path) -> None:
    paper = certificate(authority())
    assert (await asked(tmp_path, paper, ca=paper)).code == "answered"
    assert (await asked(tmp_path, certificate(authority()), ca=paper)).code == "certificate"


async def test_another_authoritys_is_not_believed(tmp_path: Path) -> None:
    assert (await asked(tmp_path, certificate(authority("Others")))).code == "certificate"


async def test_without_a_ca_file_the_systems_authorities_count_and_ours_is_none_of_them(tmp_path: Path) -> None:
    tls = shows(certificate(authority()), tmp_path)
    async with Stand(says(), tls) as stand, way_to(stand, tmp_path, None, NOW).link() as link:
        assert (await link.ask("GET", "/api")).code == "certificate"


async def test_a_certificate_for_another_name_is_not_believed(tmp_path: Path) -> None:
    got = await asked(tmp_path, certificate(authority(), names=("tram.example",)))
    assert got.code == "certificate"
    assert "127.0.0.1" in got.detail


async def test_one_that_is_over_is_expired(tmp_path: Path) -> None:
    got = await asked(tmp_path, certificate(authority(), ends_ms=NOW_MS - 3_600_000, begins_ms=NOW_MS - DAY_MS))
    assert got.code == "expired"
    assert "good until" in got.detail


async def test_one_that_is_over_within_the_doubt_of_our_clock_is_still_believed(tmp_path: Path) -> None:
    paper = certificate(authority(), ends_ms=NOW_MS - 3_600_000, begins_ms=NOW_MS - DAY_MS)
    assert (await asked(tmp_path, paper, utc=(NOW_MS - 2 * 3_600_000, NOW_MS))).code == "answered"


async def test_one_that_has_not_begun_by_our_clock_says_that_the_clock_is_wrong(tmp_path: Path) -> None:
    got = await asked(tmp_path, certificate(authority(), begins_ms=NOW_MS + 3_600_000))
    assert got.code == "clock"
    assert (await asked(tmp_path, certificate(authority()), utc=IN_1970)).code == "clock"


async def test_a_clock_that_knows_nothing_keeps_nobody_from_asking(tmp_path: Path) -> None:
    assert (await asked(tmp_path, certificate(authority()), utc=None)).code == "answered"


async def test_what_was_over_before_the_latest_known_instant_is_expired_also_without_a_clock(tmp_path: Path) -> None:
    paper = certificate(authority(), begins_ms=NOW_MS - 30 * DAY_MS, ends_ms=NOW_MS - DAY_MS)
    assert (await asked(tmp_path, paper, utc=None, known_ms=NOW_MS - 2 * DAY_MS)).code == "answered"
    assert (await asked(tmp_path, paper, utc=None, known_ms=NOW_MS)).code == "expired"


async def test_what_was_over_before_this_gateway_was_made_is_expired_in_any_case(tmp_path: Path) -> None:
    paper = certificate(authority(), begins_ms=MADE_MS - 30 * DAY_MS, ends_ms=MADE_MS - 1000)
    assert (await asked(tmp_path, paper, utc=None)).code == "expired"


async def test_who_names_a_time_at_which_its_certificate_is_not_good_is_not_believed_it(tmp_path: Path) -> None:
    paper = certificate(authority(), begins_ms=NOW_MS - 30 * DAY_MS, ends_ms=NOW_MS - DAY_MS)
    got = await asked(tmp_path, paper, utc=None)
    assert got.code == "answered"
    assert not got.admits(NOW_MS)


def test_a_floor_that_was_too_high_is_corrected_when_the_time_is_known() -> None:
    utc: list[Bounds | None] = [(4_000_000_000_000, 4_000_000_000_001)]
    trust = Trust(None, None, lambda: utc[0])
    assert trust.floor_ms() == 4_000_000_000_000
    utc[0] = NOW
    assert trust.floor_ms() == NOW[0]
    utc[0] = None
    assert trust.floor_ms() == NOW[0]
    assert not trust.knows_time()


async def test_plain_http_where_tls_should_be_is_no_tls(tmp_path: Path) -> None:
    async with Stand(says()) as stand:
        way = way_to(stand, tmp_path, authority(), NOW, urls=[stand.url.replace("http:", "https:")], timeout_s=0.5)
        async with way.link() as link:
            assert (await link.ask("GET", "/api")).code in ("tls", "unreachable")


@contextmanager
def asking_for_certificates(tls: ssl.SSLContext) -> Iterator[str]:
    """A server with blocking sockets: one that says in TLS what it does not like before it closes."""

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            with tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False) as secured:
                try:
                    secured.do_handshake()
                    secured.recv(10_000)
                    secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                except OSError:
                    time.sleep(0.2)  # so that what it said is heard before the reset is

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize(("whose", "code"), [("Gateways", "answered"), ("Others", "denied"), (None, "denied")])
async def test_a_gateway_shows_its_certificate_and_is_denied_without_the_right_one(
    tmp_path: Path, whose: str | None, code: str
) -> None:
    chain = None
    if whose is not None:
        chain = write(tmp_path / "chain.pem", certificate(authority(whose), names=("gw-1",)).chain())
    tls = shows(certificate(authority()), tmp_path, wants_from=authority("Gateways"))
    with asking_for_certificates(tls) as url:
        way = way_to(Stand(says()), tmp_path, authority(), NOW, client_chain_file=chain, urls=[url])
        async with way.link() as link:
            assert (await link.ask("GET", "/api")).code == code


async def test_another_authority_in_the_file_is_believed_from_the_next_connection_on(tmp_path: Path) -> None:
    async with Stand(says(), shows(certificate(authority("New")), tmp_path)) as stand:
        way = way_to(stand, tmp_path, authority(), NOW)
        async with way.link() as link:
            assert (await link.ask("GET", "/api")).code == "certificate"
            write(tmp_path / "ca.pem", authority().pem() + authority("New").pem())
            assert (await link.ask("GET", "/api")).code == "answered"
            (tmp_path / "ca.pem").write_bytes(b"half a fi")
            await link.__aexit__(None)
            assert (await link.ask("GET", "/api")).code == "answered"


@pytest.mark.parametrize("bad", ["certificate", "expired"])
async def test_an_address_with_a_bad_certificate_is_named_and_the_next_is_asked(tmp_path: Path, bad: str) -> None:
    ends_ms = NOW_MS - 3_600_000 if bad == "expired" else NOW_MS + DAY_MS
    issuer = authority() if bad == "expired" else authority("Others")
    wrong = certificate(issuer, ends_ms=ends_ms, begins_ms=NOW_MS - DAY_MS)
    async with (
        Stand(says(), shows(wrong, tmp_path)) as portal,
        Stand(says(), shows(certificate(authority()), tmp_path)) as stand,
    ):
        way = way_to(portal, tmp_path, authority(), NOW, urls=[portal.url, stand.url])
        async with way.link() as link:
            first = await link.ask("GET", "/api")
            assert (first.code, first.elsewhere) == (bad, True)
            assert (await link.ask("GET", "/api")).code == "answered"
        assert way.troubles()[portal.url].startswith(f"{bad}: ")
        assert portal.requests == []
