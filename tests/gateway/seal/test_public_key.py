"""The server's key is taken as it was handed over, or refused with the reason."""

from hashlib import sha256

import pytest

from gateway.seal import SealError, key_id, parse_public_key, read_public_key
from tests.gateway import sealing


def test_the_key_of_a_file_is_read(tmp_path):
    assert read_public_key(sealing.write_public(tmp_path / "sealing.pub")) == sealing.PUBLIC


def test_its_name_is_the_beginning_of_its_hash():
    assert key_id(sealing.PUBLIC) == sha256(sealing.PUBLIC).digest()[:8].hex()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "00" * 32,  # of low order: nothing can be sealed to it
        "01" + "00" * 31,
        "9" * 63,
        "9" * 65,
        "9 " * 32,
        "AB" * 32,
        "gg" * 32,
        "0x" + "99" * 31,
        "９" * 64,
        "99" * 32 + "\n" + "99" * 32,
    ],
)
def test_what_is_no_key_is_refused(tmp_path, text):
    (tmp_path / "key").write_text(text)
    with pytest.raises(SealError) as raised:
        read_public_key(tmp_path / "key")
    assert raised.value.code == "form"
    assert str(tmp_path / "key") in raised.value.detail
    with pytest.raises(SealError):
        parse_public_key(text)


@pytest.mark.parametrize("content, code", [(b"\xff\xfe", "form"), (None, "file")])
def test_what_cannot_be_read_is_refused(tmp_path, content, code):
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(SealError) as raised:
        read_public_key(tmp_path / "key")
    assert raised.value.code == code
