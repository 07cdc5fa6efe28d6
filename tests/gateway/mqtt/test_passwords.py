"""Hashes as mosquitto has them: of this password and no other; and what is no hash is none."""

import pytest

from gateway.mqtt.passwords import hash_of, is_hash, matches


def test_a_hash_is_of_its_password_and_no_other():
    hashed = hash_of("one password")
    assert is_hash(hashed)
    assert matches("one password", hashed)
    assert not matches("another password", hashed)
    assert not matches("", hashed)


def test_the_same_password_has_another_hash_each_time():
    assert hash_of("one password") != hash_of("one password")


@pytest.mark.parametrize(
    "hashed",
    [
        "",
        "one password",
        "$6$AAAA$BBBB",
        "$7$0$AAAAAAAA$AAAAAAAA",
        "$7$1000$AAAAAAAA",
        "$7$1000$AAAAAAA$AAAAAAA",
        "$7$1000$AAAAAAAA$AAAAAAA=A",
        "$7$1000$AAAAAAAA$AAAAAAAA\n",
        "$7$99999999$AAAAAAAA$AAAAAAAA",
        "$7$-1$AAAAAAAA$AAAAAAAA",
        "$7$1000$AAAAAAAA$AAAAAAAA:more",
    ],
)
def test_what_is_no_hash_is_nobodys(hashed):
    assert not matches("one password", hashed)
