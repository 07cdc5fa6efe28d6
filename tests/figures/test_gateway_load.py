"""The boxes of a load: packets as they are cut up on a line, and a short run of everything on the real parts."""

import sys
from itertools import count
from types import SimpleNamespace

import pytest

from scripts.figures.gateway_day import Pace, instants
from scripts.figures.gateway_load import Load, packet_at, publish
from scripts.figures.gateway_run import measure, send, send_when_heard
from scripts.figures.gateway_seal import run as seal
from scripts.figures.gateway_site import PASSWORDS, Site, cpu_s, proc_number, wait
from scripts.figures.gateway_start import fill


def test_a_packet_is_found_where_it_is_and_no_sooner_than_it_is_whole():
    packet = publish("a/b", 7, b"x" * 300)
    for cut in range(len(packet)):
        assert packet_at(packet[:cut], 0) is None
    kind, start, end = packet_at(b"?" * 5 + packet + b"rest", 5)
    assert (kind, end) == (3, 5 + len(packet))
    assert (b"?" * 5 + packet)[start:end].endswith(b"x" * 300)


def test_every_scan_of_a_load_is_answered_for_by_the_real_gateway(tmp_path):
    run = measure(tmp_path / "site", Load(0, PASSWORDS, scans=10, window=100))
    assert run.result.scans == 200
    assert 0 < run.result.p50_ms <= run.result.p99_ms
    assert 1 <= run.scans_a_commit <= 200
    assert run.peak_bytes > 1_000_000


def test_live_scans_go_on_where_a_backlog_ended_and_the_server_gets_all(tmp_path):
    site = Site(tmp_path / "site", {"upload": {"first_wait_s": 0.1, "longest_wait_s": 0.3}})
    with site.broker() as ports, site.gateway(url=site.url) as pid:
        load = Load(ports.tls, PASSWORDS, scans=20, window=400, pack=10, ca_der=ports.ca_der)
        assert send(load).scans == 400
        live = send(load._replace(pack=1, first_seq=21), instants([Pace(60, 1)]))
        assert live.scans >= 20
        with site.server():
            wait(lambda: site.metric("tram_verdicts_total") == 400 + live.scans)
        assert cpu_s(pid) > 0
        assert proc_number(pid, "status", "VmHWM") > 0


def test_a_buffer_that_was_filled_in_bulk_answers_a_box_that_waits(tmp_path):
    site = Site(tmp_path / "site")
    fill(site, 1_000)
    with site.broker() as ports:
        load = Load(ports.tls, PASSWORDS, scans=1, window=1, first_seq=100, ca_der=ports.ca_der)
        with send_when_heard(load) as acked_at_s, site.gateway():
            assert acked_at_s() > 0
            wait(lambda: site.metric("tram_waiting_records") == 1_001)


def test_a_gateway_that_ends_at_once_is_told_with_its_words(tmp_path):
    site = Site(tmp_path / "site", {"upload": {"nonsense": 1}})
    with site.broker(), pytest.raises(RuntimeError, match="nonsense"), site.gateway():
        pass


def test_what_was_never_told_is_no_number(tmp_path):
    site = Site(tmp_path / "site")
    assert site.metric("tram_waiting_records") == 0
    site.data.mkdir()
    site.metrics_path.write_text('# HELP x\ntram_x{a="b c"} 2\ntram_x{a="d"} 3\ntram_xy 5\n')
    assert (site.metric("tram_x"), site.metric("tram_xy")) == (5, 5)


def test_sealing_costs_more_than_the_library_alone(monkeypatch):
    # The clock counts what is called: that is the same on a machine that is busy.
    calls = count(1)
    clock = SimpleNamespace(perf_counter=lambda: float(next(calls)))
    monkeypatch.setattr("scripts.figures.gateway_seal.time", clock)
    monkeypatch.setattr("scripts.figures.gateway_seal._bytes_of", lambda _place: 1.0)
    sys.setprofile(lambda *_: next(calls))
    try:
        rows = {row.name: row for row in seal(quick=True)}
    finally:
        sys.setprofile(None)
    assert rows["gateway: sealing a scan, with its digest"].ratio > 0.9
