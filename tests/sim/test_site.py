"""The parts of a place before anything is started: what its boxes and readers say comes together."""

import json

from scripts.sim.site import Site, SiteBox
from scripts.sim.town import utc_minus_mono_ms

BOX_ID = "d83add123456"
SENT = {"sent": {"crc": "0badcafe", "length": 7, "last_byte_ms": 1000}}


def said(**facts):
    return json.dumps(facts).encode() + b"\n"


def test_what_a_reader_has_sent_counts_for_the_box_that_its_own_name_is_known_of(tmp_path):
    site = Site(tmp_path)
    box = SiteBox(site, "box-in", {})
    box._on_box_line(said(event="boot_begins", box_id=BOX_ID))
    box._on_reader_line(said(**SENT))
    assert [(one.box_id, one.crc, one.last_byte_ms) for one in site.evidence.sent] == [(BOX_ID, "0badcafe", 1000)]


def test_what_a_reader_has_sent_before_the_box_has_a_name_counts_for_its_place(tmp_path):
    site = Site(tmp_path)
    SiteBox(site, "box-in", {})._on_reader_line(said(**SENT))
    assert [one.box_id for one in site.evidence.sent] == ["box-in"]


def test_the_evidence_knows_how_far_the_two_clocks_are_apart(tmp_path):
    assert abs(Site(tmp_path).evidence.utc_minus_mono_ms - utc_minus_mono_ms()) < 1000
