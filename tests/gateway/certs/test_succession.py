"""Another authority takes the place of the one in use, and a death at any step leaves one stage or the next."""

import pytest
from cryptography import x509

from gateway import certs
from gateway.certs import CertError, succession
from gateway.certs.authority import CA_NAME, CHAIN_NAME
from gateway.certs.succession import NEXT_NAME, OLD_NAME, mark_of
from tests.gateway.deaths import dies_at

ID = "gw-1"


@pytest.fixture
def folder(tmp_path):
    certs.ensure(tmp_path / "certs", ID, ["tram.local", "192.168.4.1"])
    return tmp_path / "certs"


def leaf_is_by(folder, ca_der: bytes) -> bool:
    leaf = x509.load_der_x509_certificate(certs.current(folder))
    try:
        leaf.verify_directly_issued_by(x509.load_der_x509_certificate(ca_der))
    except Exception:
        return False
    return True


def test_at_first_there_is_one_authority_and_nothing_else(folder):
    found = succession.look(folder, ID)
    assert (found.stage, found.coming, found.going) == ("settled", None, None)


def test_the_next_one_is_made_once_and_changes_nothing_that_is_in_use(folder):
    before, leaf = certs.ensure(folder, ID), certs.current(folder)
    first, second = succession.begin(folder, ID), succession.begin(folder, ID)
    assert first == second
    assert (first.stage, first.in_use) == ("spreading", before.ca_der)
    assert first.coming != before.ca_der
    assert certs.ensure(folder, ID) == before
    assert certs.current(folder) == leaf


def test_after_the_switch_the_next_one_is_in_use_with_a_certificate_by_it_and_the_same_names(folder):
    begun = succession.begin(folder, ID)
    papers = succession.switch(folder, ID)
    found = succession.look(folder, ID)
    assert papers.ca_der == begun.coming == found.in_use
    assert papers.ca_file.read_bytes() == begun.coming
    assert (found.stage, found.going) == ("closing", begun.in_use)
    assert leaf_is_by(folder, begun.coming)
    assert certs.ensure(folder, ID, ["tram.local", "192.168.4.1"]) == papers
    assert papers.fingerprint == certs.fingerprint_of(begun.coming)


def test_at_the_end_the_old_ones_key_is_gone(folder):
    succession.begin(folder, ID)
    succession.switch(folder, ID)
    assert (folder / OLD_NAME).exists()
    succession.finish(folder, ID)
    assert succession.look(folder, ID).stage == "settled"
    assert not (folder / OLD_NAME).exists()


def test_a_next_one_can_be_given_up_before_it_is_in_use(folder):
    before = certs.ensure(folder, ID)
    succession.begin(folder, ID)
    assert succession.cancel(folder, ID).stage == "settled"
    assert certs.ensure(folder, ID) == before


def test_without_a_next_one_there_is_no_switch(folder):
    with pytest.raises(CertError) as refused:
        succession.switch(folder, ID)
    assert refused.value.code == "no_authority"


def test_while_an_old_one_is_closed_down_no_other_is_begun(folder):
    succession.begin(folder, ID)
    succession.switch(folder, ID)
    with pytest.raises(CertError) as refused:
        succession.begin(folder, ID)
    assert refused.value.code == "ca_exists"


@pytest.mark.parametrize("damage", [b"", b"nothing"])
def test_a_damaged_next_one_is_none_and_is_made_anew(folder, damage):
    succession.begin(folder, ID)
    (folder / NEXT_NAME).write_bytes(damage)
    assert succession.look(folder, ID).stage == "settled"
    with pytest.raises(CertError):
        succession.switch(folder, ID)
    assert succession.begin(folder, ID).stage == "spreading"


def test_a_death_at_any_step_of_the_switch_leaves_both_authorities_and_goes_on(tmp_path):
    died = 0
    for step in range(80):
        folder = tmp_path / str(step)
        certs.ensure(folder, ID)
        begun = succession.begin(folder, ID)
        if not dies_at(step, lambda folder=folder: succession.switch(folder, ID)):
            break
        died += 1
        found = succession.look(folder, ID)
        if found.stage == "spreading":
            assert (found.in_use, found.coming) == (begun.in_use, begun.coming)
            succession.switch(folder, ID)
        found = succession.look(folder, ID)
        assert (found.stage, found.in_use, found.going) == ("closing", begun.coming, begun.in_use)
        papers = certs.ensure(folder, ID)
        assert papers.ca_der == begun.coming
        assert leaf_is_by(folder, begun.coming)
    assert died >= 10


def test_a_copy_brings_the_authority_back_and_boxes_see_no_difference(folder, tmp_path):
    papers, kept = certs.ensure(folder, ID), succession.export(folder)
    (folder / CA_NAME).write_bytes(b"damaged")
    assert succession.put_back(folder, kept, ID).ca_der == papers.ca_der
    assert certs.ensure(folder, ID) == papers
    assert succession.put_back(tmp_path / "new machine", kept, ID).ca_der == papers.ca_der
    assert leaf_is_by(tmp_path / "new machine", papers.ca_der)


def test_a_copy_does_not_take_the_place_of_another_that_is_well_unless_somebody_is_sure(folder, tmp_path):
    certs.ensure(tmp_path / "other", ID)
    other = succession.export(tmp_path / "other")
    before = (folder / CA_NAME).read_bytes()
    with pytest.raises(CertError) as refused:
        succession.put_back(folder, other, ID)
    assert (refused.value.code, (folder / CA_NAME).read_bytes()) == ("ca_exists", before)
    assert succession.put_back(folder, other, ID, is_sure=True).ca_der == certs.ensure(tmp_path / "other", ID).ca_der


def test_a_copy_holds_every_authority_that_boxes_may_know(folder):
    begun = succession.begin(folder, ID)
    kept = succession.export(folder)
    for der in (begun.in_use, begun.coming):
        pem = x509.load_der_x509_certificate(der).public_bytes(certs.issue.serialization.Encoding.PEM)
        assert pem in kept


@pytest.mark.parametrize("kept", [b"", b"nothing", "leaf"])
def test_what_is_no_copy_of_an_authority_is_refused(folder, kept):
    if kept == "leaf":
        kept = (folder / CHAIN_NAME).read_bytes()
    with pytest.raises(CertError) as refused:
        succession.put_back(folder, kept, ID, is_sure=True)
    assert refused.value.code == "ca_damaged"


def test_where_nothing_is_there_is_nothing_to_keep(tmp_path):
    with pytest.raises(CertError) as refused:
        succession.export(tmp_path)
    assert refused.value.code == "no_authority"


def test_the_mark_is_how_a_box_names_an_authority():
    assert mark_of(b"") == "e3b0c442"
