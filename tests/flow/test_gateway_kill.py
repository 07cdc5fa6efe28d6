"""SIGKILL at any moment, under load, with a backlog and the server away: what was acknowledged arrives, and once."""

import random
import time

import pytest

from tests.flow.whole import Whole

KILLS = 4
BACKLOG = 1_500


def killed_again_and_again(folder, seed: int, kills: int = KILLS, backlog: int = BACKLOG) -> int:
    """-> how many scans there were."""
    draw = random.Random(seed)
    whole = Whole(folder)
    try:
        whole.gateway.start_and_wait()
        whole.connect()
        whole.scan(backlog, draw)
        whole.until_acked()
        acknowledged = set()
        for number in range(kills):
            if number == kills - 1:
                whole.server.start()
            whole.scan(draw.randrange(50, 400), draw)
            time.sleep(draw.uniform(0.0, 0.4))  # where in its work it dies is the point
            acknowledged |= whole.acknowledged()
            whole.gateway.kill()
            assert acknowledged <= whole.acknowledged()
            whole.scan(draw.randrange(50), draw)
            whole.gateway.start()
            for box in whole.boxes:
                box.resend()
        whole.until_acked()
        whole.until_delivered()
        return len(whole.made)
    finally:
        whole.end()


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_was_acknowledged_is_lost_or_there_twice_whenever_it_is_killed(seed, tmp_path):
    assert killed_again_and_again(tmp_path, seed) > BACKLOG
