"""Made once, the same ever after; and what is damaged is named, never made anew in silence."""

import multiprocessing
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from gateway import certs
from gateway.certs import CertError
from gateway.certs.authority import CA_NAME, CHAIN_NAME

KIND = b"PRIVATE KEY"
PEM_END = b"-----END %s-----\n" % KIND
NO_KEY = b"-----BEGIN %s-----\nAAAA\n" % KIND + PEM_END


def leaf_of(papers: certs.Papers) -> x509.Certificate:
    return x509.load_pem_x509_certificate(papers.chain_file.read_bytes())


def test_the_second_time_it_is_what_it_was_the_first_time(tmp_path):
    first = certs.ensure(tmp_path / "certs", "gw-1")
    before = first.chain_file.read_bytes()
    assert certs.ensure(tmp_path / "certs", "gw-1") == first
    assert first.chain_file.read_bytes() == before


def test_the_fingerprint_is_the_codes_form_of_the_certificate_on_the_disk(tmp_path):
    papers = certs.ensure(tmp_path, "gw-1")
    assert len(papers.fingerprint) == 43
    assert certs.fingerprint_of(papers.ca_file.read_bytes()) == papers.fingerprint


def test_keys_are_their_owners_alone(tmp_path):
    papers = certs.ensure(tmp_path / "new" / "certs", "gw-1")
    for path in papers.chain_file.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(papers.chain_file.parent.stat().st_mode) == 0o700
    assert PEM_END not in papers.ca_file.read_bytes()


def test_both_are_valid_whatever_a_box_takes_the_time_to_be(tmp_path):
    papers = certs.ensure(tmp_path, "gw-1")
    for one in (x509.load_der_x509_certificate(papers.ca_der), leaf_of(papers)):
        assert one.not_valid_before_utc == datetime(2000, 1, 1, tzinfo=UTC)
        assert one.not_valid_after_utc == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_the_gateways_certificate_names_its_id_and_can_sign_no_other(tmp_path):
    leaf = leaf_of(certs.ensure(tmp_path, "gw-cho-01")).extensions
    names = leaf.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["gw-cho-01"]
    assert not leaf.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not leaf.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


def test_another_certificate_is_by_the_same_authority(tmp_path):
    before = certs.ensure(tmp_path, "gw-1")
    old = leaf_of(before)
    after = certs.renew(tmp_path, "gw-1")
    assert after.ca_der == before.ca_der
    assert leaf_of(after).public_key() != old.public_key()
    leaf_of(after).verify_directly_issued_by(x509.load_der_x509_certificate(before.ca_der))


def test_another_id_needs_another_certificate_and_no_other_authority(tmp_path):
    before = certs.ensure(tmp_path, "gw-1")
    assert certs.ensure(tmp_path, "gw-2").ca_der == before.ca_der
    assert leaf_of(certs.ensure(tmp_path, "gw-2")).subject.rfc4514_string() == "CN=gw-2"


@pytest.mark.parametrize("damage", [b"", b"nothing", NO_KEY])
def test_a_damaged_authority_is_named_and_stays_as_it_is(tmp_path, damage):
    certs.ensure(tmp_path, "gw-1")
    (tmp_path / CA_NAME).write_bytes(damage)
    with pytest.raises(CertError) as refused:
        certs.ensure(tmp_path, "gw-1")
    assert refused.value.code == "ca_damaged"
    assert (tmp_path / CA_NAME).read_bytes() == damage


@pytest.mark.parametrize("ours_first", [True, False])
def test_a_key_that_is_not_the_certificates_is_damage(tmp_path, ours_first):
    certs.ensure(tmp_path / "a", "gw-1")
    certs.ensure(tmp_path / "b", "gw-1")
    ours, theirs = ((tmp_path / name / CA_NAME).read_bytes().partition(PEM_END) for name in "ab")
    mixed = ours[0] + PEM_END + theirs[2] if ours_first else theirs[0] + PEM_END + ours[2]
    (tmp_path / "a" / CA_NAME).write_bytes(mixed)
    with pytest.raises(CertError) as refused:
        certs.ensure(tmp_path / "a", "gw-1")
    assert refused.value.code == "ca_damaged"


def test_an_authority_that_is_gone_is_not_made_anew_while_its_work_is_there(tmp_path):
    certs.ensure(tmp_path, "gw-1")
    (tmp_path / CA_NAME).unlink()
    with pytest.raises(CertError) as refused:
        certs.ensure(tmp_path, "gw-1")
    assert refused.value.code == "ca_missing"
    assert not (tmp_path / CA_NAME).exists()


@pytest.mark.parametrize("damage", [b"", b"nothing", None])
def test_a_damaged_certificate_of_the_gateway_is_made_anew(tmp_path, damage):
    papers = certs.ensure(tmp_path, "gw-1")
    good = papers.chain_file.read_bytes()
    (tmp_path / CHAIN_NAME).write_bytes(good[:-100] if damage is None else damage)
    assert certs.ensure(tmp_path, "gw-1") == papers
    leaf_of(papers).verify_directly_issued_by(x509.load_der_x509_certificate(papers.ca_der))


def test_a_certificate_by_another_authority_is_made_anew(tmp_path):
    papers, theirs = certs.ensure(tmp_path / "a", "gw-1"), certs.ensure(tmp_path / "b", "gw-1")
    papers.chain_file.write_bytes(theirs.chain_file.read_bytes())
    certs.ensure(tmp_path / "a", "gw-1")
    leaf_of(papers).verify_directly_issued_by(x509.load_der_x509_certificate(papers.ca_der))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CertError) as refused:
        certs.ensure(tmp_path / "file" / "certs", "gw-1")
    assert refused.value.code == "folder"


def _fingerprint(folder: Path) -> str:
    return certs.ensure(folder, "gw-1").fingerprint


def test_several_processes_at_once_make_one_authority(tmp_path):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert len(set(pool.map(_fingerprint, [tmp_path / "certs"] * 6))) == 1
