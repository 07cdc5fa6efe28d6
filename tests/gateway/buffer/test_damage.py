"""The short form of scripts/damage: bits flipped and files cut at random, every row whole or named."""

from pathlib import Path

from scripts.damages import campaign


async def test_after_damage_every_row_is_whole_or_named(tmp_path: Path) -> None:
    tally = await campaign.run(24, 7, tmp_path, talks=False)
    assert tally.salvages > 3
    assert tally.slowest_s < campaign.UP_WITHIN_S
