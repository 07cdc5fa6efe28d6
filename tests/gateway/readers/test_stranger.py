"""What is no reader is named; and no code that somebody shows makes a reader into something else."""

import pytest

from gateway.readers.stranger import Stranger

GGA = b"$GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76\r\n"
GSA = b"$GPGSA,A,3,10,07,05,02,29,04,08,13,,,,,1.72,1.03,1.38*0A\r\n"
RMC = b"$GPRMC,092750.000,A,5321.6802,N,00630.3372,W,0.02,31.66,280511,,,A*43\r\n"
ASK = b"^_^DSPYFW."


def heard(*pieces: bytes) -> str:
    stranger = Stranger()
    for piece in pieces:
        stranger.heard(piece)
    return stranger.what


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_three_sentences_of_positions_are_a_satellite_receiver_however_they_are_cut(size):
    data = b"\xff\x00garbage" + GGA + GSA + RMC
    assert heard(*[data[at : at + size] for at in range(0, len(data), size)]) == "gps"


@pytest.mark.parametrize(
    "data",
    [
        GGA + GSA,
        GGA.replace(b"*76", b"*77") + GSA.replace(b"*0A", b"*0B") + RMC,
        b"079184000731|TRAN THI A|01011990|Nu\r\n" * 20,
        b"$GPGGA*76\r\n" * 20,
        b"$$$$$" * 400,
        bytes(range(256)) * 40,
    ],
)
def test_anything_else_is_not(data):
    assert heard(data) == ""


def test_a_line_that_gives_back_what_it_is_asked_is_an_echo_at_the_second_time():
    stranger = Stranger()
    for expected in ("", "echo"):
        stranger.said(ASK)
        assert stranger.heard(ASK) == expected


def test_an_echo_that_comes_in_pieces_is_one():
    stranger = Stranger()
    for _ in range(2):
        stranger.said(ASK)
        for byte in ASK:
            stranger.heard(bytes([byte]))
    assert stranger.what == "echo"


def test_an_echo_with_the_answers_of_a_modem_is_a_modem():
    stranger = Stranger()
    stranger.said(ASK)
    assert stranger.heard(ASK + b"\r\nERROR\r\n") == "modem"


def test_a_modem_that_does_not_echo_gives_itself_away_by_its_answers():
    assert heard(b"\r\nERROR\r\n" * 3) == "modem"
    assert heard(b"\r\nRING\r\n", b"\r\n+CREG: 0,1\r\n", b"\r\nNO CARRIER\r\n") == "modem"


def test_what_has_answered_as_a_reader_cannot_be_talked_out_of_it():
    stranger = Stranger()
    stranger.heard(GGA + GSA)
    stranger.answered()
    assert stranger.heard(RMC) == ""


def test_it_keeps_little_of_what_it_hears():
    stranger = Stranger()
    for _ in range(1000):
        stranger.heard(b"$GPGGA,no end " * 20)
    assert len(stranger._heard) <= 512
