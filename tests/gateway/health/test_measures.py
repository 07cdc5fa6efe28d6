"""Two measures that take more than one look; and a question that is not answered stops nobody."""

import asyncio
import time

import pytest

from gateway.health import Backlog, Question, lag_s


def mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


async def test_a_question_that_hangs_is_not_waited_for_and_tells_since_when():
    asked = []
    answers = asyncio.Event()

    async def ask() -> int:
        asked.append(1)
        await answers.wait()
        return len(asked)

    question = Question(ask, mono_ms)
    began = time.monotonic()
    assert await question.look(0.01) is None
    assert await question.look(0.01) is None
    assert time.monotonic() - began < 1
    assert len(asked) == 1
    assert question.silent_s >= 0.02
    answers.set()
    assert await question.look(1) == 1
    assert question.silent_s == 0.0
    assert await question.look(1) == 2


async def test_what_the_question_raises_is_raised():
    async def ask() -> int:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await Question(ask, mono_ms).look(1)


def test_a_backlog_that_grows_while_answers_come_is_seen_after_some_looks():
    backlog = Backlog()
    seen = [backlog.look(1_000 + 50 * at, 10_000 + 20 * at) for at in range(8)]
    assert seen == [False] * 5 + [True] * 3


@pytest.mark.parametrize(
    "waiting, answered",
    [
        ([1_000 + 50 * at for at in range(8)], [10_000] * 8),
        ([1_000 - 50 * at for at in range(8)], list(range(8))),
        ([1_000] * 8, list(range(8))),
        ([0, 5, 10, 15, 20, 25, 3, 0], list(range(8))),
        ([100, 150, 90, 200, 80, 300, 70, 400], list(range(8))),
    ],
)
def test_no_answers_or_no_growth_is_another_matter(waiting, answered):
    backlog = Backlog()
    assert not any(backlog.look(*one) for one in zip(waiting, answered))


async def test_a_loop_that_is_kept_busy_shows_as_lag():
    assert await lag_s(mono_ms) < 1.0
    asyncio.get_running_loop().call_later(0.01, time.sleep, 0.4)
    assert await lag_s(mono_ms) > 0.2
