"""How long an update takes over a modelled link, and what else on the box waits for it."""

from scripts.bundle.pace import Model, update_time


def test_a_whole_bundle_is_counted_and_nobody_waits_longer_than_for_one_erase():
    found = update_time("pico_w", Model(round_trip_ms=2, bytes_per_s=1_000_000, erase_ms=20, program_us=0))
    assert found["bytes"] > 150_000
    assert found["pieces"] >= found["bytes"] // 1200
    assert found["erases"] >= found["bytes"] // 4096
    assert found["seconds"] >= found["erases"] * 0.02
    assert found["longest_block_ms"] < 95  # a piece with one erase is about 20; the rest is what a busy machine takes
