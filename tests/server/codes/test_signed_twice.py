"""A signature may be written otherwise and be right: the certificate is the same, and so is who shows it."""

import base64
import zlib

import pytest

from server.codes.read import read
from server.codes.rules import NO_RULES
from server.codes.trust import NO_TRUST
from server.sim.certificates import base45, bundle, numeric
from tests.server.codes import test_hc1
from tests.server.codes.test_hc1 import VN, VN_RSA, claims, packed
from tests.server.codes.test_shc import AT_MS, CLINIC, DOSES, FROM_S, ONE, OTHER, TRUST

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256."""


def turned(signature):
    """The other signature of the same thing: (r, n - s)."""
    return signature[:32] + (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")


def based(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbased(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def of(jws):
    head, body, signature = jws.split(".")
    return head, body, unbased(signature)


def numbers(code, trusted=TRUST):
    return read(code, NO_RULES, trusted, AT_MS).documents


JWS = [CLINIC.jws(bundle(CLINIC.iss, ONE, DOSES[:many], FROM_S + many)) for many in (0, 1, 2)]


@pytest.mark.parametrize("jws", JWS)
def test_a_health_card_whose_signature_is_turned_is_valid_and_the_same(jws) -> None:
    head, body, signature = of(jws)
    code = numeric(f"{head}.{body}.{based(turned(signature))}")
    assert code != numeric(jws)
    assert read(code, NO_RULES, TRUST, AT_MS) == read(numeric(jws), NO_RULES, TRUST, AT_MS)
    assert read(code, NO_RULES, TRUST, AT_MS).health.verdict == "valid"


@pytest.mark.parametrize("more", "ABCDEFGHIJKLMNOP")
def test_the_spare_bits_of_the_last_letter_of_a_signature_name_nobody_else(more) -> None:
    jws = JWS[1]
    at = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = at[at.index(jws[-1]) // 16 * 16 + at.index(more)]
    assert numbers(numeric(jws[:-1] + last)) in (numbers(numeric(jws)), ())


@pytest.mark.parametrize("signature", [b"x", bytes(64), b"\xff" * 64, b"\x01" * 72])
def test_a_card_that_nobody_vouches_for_is_known_by_what_it_says_whoever_signed_it(signature) -> None:
    head, body, _ = of(JWS[0])
    assert numbers(numeric(f"{head}.{body}.{based(signature)}"), NO_TRUST) == numbers(numeric(JWS[0]), NO_TRUST)


def test_cards_that_say_something_else_are_others() -> None:
    others = [*JWS, CLINIC.jws(bundle(CLINIC.iss, ONE, DOSES, FROM_S + 7)), JWS[0].replace(".", ".", 1)]
    others.append(OTHER.jws(bundle(OTHER.iss, ONE, DOSES, FROM_S)))
    assert len({numbers(numeric(one)) for one in others}) == 5


def test_a_bar_between_header_and_body_cannot_be_moved() -> None:
    head, body, signature = of(JWS[0])
    seen = {numbers(numeric(JWS[0]), NO_TRUST)}
    assert seen == {numbers(numeric(f"{head}.{body}.{based(turned(signature))}"), NO_TRUST)}
    other = CLINIC.jws(bundle(CLINIC.iss, ONE, DOSES, FROM_S), typ="JWT")
    assert numbers(numeric(other), NO_TRUST) not in seen


COSE = VN.cose(test_hc1.PAYLOAD)
CODE = packed(COSE)


@pytest.mark.parametrize(
    "again",
    [
        packed(COSE[:-64] + turned(COSE[-64:])),
        packed(VN.cose(test_hc1.PAYLOAD)),
        packed(COSE[1:]),
        packed(b"\xd8\x3d" + COSE),
        b"HC1:" + base45(zlib.compress(COSE, 1)),
        b"HC1:" + base45(zlib.compress(COSE, 0)),
        VN_RSA.signed(claims()),
    ],
    ids=["turned", "signed again", "without its tag", "with another tag", "packed less", "not packed", "another key"],
)
def test_a_certificate_signed_or_packed_otherwise_is_the_same(again) -> None:
    assert again != CODE
    assert read(again, NO_RULES, test_hc1.TRUST, AT_MS) == read(CODE, NO_RULES, test_hc1.TRUST, AT_MS)
    assert read(again, NO_RULES, test_hc1.TRUST, AT_MS).health.verdict == "valid"
