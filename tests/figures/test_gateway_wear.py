"""From what one scan and one second cost: a day, and the years of a card."""

import pytest

from scripts.figures.gateway_card import NoCard, card
from scripts.figures.gateway_wear import A_DAY, AMPLIFIED, CARD_BYTES, CYCLES, DAY_S, SHAPE, Cost, figures_of


def found(scan: Cost, per_s: Cost = Cost(0, 0, 0)) -> dict[str, object]:  # noqa: B008 - immutable
    rows = figures_of(scan, per_s, 2_000)
    return {row.name.removeprefix("gateway: a market day, linger 2 s: "): row for row in rows}


def test_the_hours_of_the_shape_are_a_whole_day():
    assert sum(SHAPE) == 100


def test_a_scan_is_held_to_its_aim_both_ways():
    rows = found(Cost(0.2, 499, 501))
    assert rows["handed to write() for a scan"].met is True
    assert rows["reach the card for a scan"].met is False
    assert [row.met for row in rows.values()].count(None) == len(rows) - 2


def test_a_day_is_its_scans_and_what_goes_by_the_clock():
    rows = found(Cost(1, 400, 1_000), Cost(0, 10, 100))
    assert rows["reach the card by the clock, 24 h"].value == pytest.approx(100 * DAY_S / 1e6)
    assert rows["reach the card, all in all"].value == pytest.approx((1_000 * A_DAY + 100 * DAY_S) / 1e6)


def test_half_as_much_is_twice_as_long():
    (one,) = [row.value for name, row in found(Cost(1, 1, 1_000)).items() if name.startswith("years")]
    (two,) = [row.value for name, row in found(Cost(1, 1, 500)).items() if name.startswith("years")]
    assert two == pytest.approx(2 * one)
    assert one == pytest.approx(CARD_BYTES * CYCLES / AMPLIFIED / (1_000 * A_DAY * 365.25))


def test_what_is_written_to_a_card_reaches_it_and_is_counted(tmp_path):
    with card(tmp_path) as its:
        before = its.written_bytes()
        (its.folder / "file").write_bytes(b"x" * 1_000_000)
        reached = its.written_bytes() - before
    assert 1_000_000 <= reached < 1_500_000
    assert not (tmp_path / "card").is_mount()


def test_without_the_means_there_is_no_card(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoCard), card(tmp_path):
        pass
