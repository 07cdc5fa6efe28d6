"""The short form of scripts/damage --power: the power fails at syncs and between, and again while that is mended."""

from pathlib import Path

import pytest

from scripts.damages import power
from scripts.damages.lives import LIVES


@pytest.mark.parametrize("life", LIVES)
async def test_what_was_kept_is_there_whenever_the_power_fails(tmp_path: Path, life: str) -> None:
    tally = await power.run(8, 1, 5, [life], tmp_path, talks=False)
    assert tally.images >= 6
    assert tally.syncs > 30
