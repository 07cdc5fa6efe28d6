# What the person at the gate sees, hears and reads, and what the keeper of the box does.
#
# 1. `show` lights and sounds before it returns. What is for a person is played at once, whatever is on; what is for the
#    keeper waits until a person's signal is over, and of several the last one counts.
# 2. A lasting state stays until `over` is called for it, or an outcome shows that it is over (table.py); it comes back
#    by itself, without sound, when what was shown over it has passed. Under all of them lies "ready".
# 3. A person's lasting state under a higher one is shown for LOOK_MS.
# 4. Every outcome is also drawn by the port: draw(outcome, signal, facts), on linux a line of JSON. When a lasting
#    state is over, what is seen from then on is drawn.
# 5. Words go on a screen, where there is one, and only there; they are read and drawn in `run`, never in `show`.

import asyncio

from .player import Player
from .table import first_of, signal_of

TICK_MS = 20
LOOK_MS = 3000
_DETAILS = ("kind", "direction", "reason", "code", "state")  # of the facts: which words are shown


class Face:
    # settings: language (both, vi, en), sound, brightness in per cent. name: what people call this gate.
    def __init__(self, port, settings=None, name=""):
        self._port = port
        self._player = Player(port, settings is None or settings.sound, settings.brightness if settings else 100)
        self._lasting = {}  # outcome -> detail
        self._is_passing = False
        self._waiting = None
        self._screen = None
        if port.has_screen or getattr(port, "wants_words", False):
            from .screen import Screen

            self._screen = Screen(port, settings.language if settings else "both", name)

    def show(self, outcome, **facts):
        signal = signal_of(outcome)
        _, is_for_person, _, _, times, _, ends = signal
        for ended in ends:
            self._lasting.pop(ended, None)
        detail, lasts = detail_of(facts), not times
        if lasts and outcome != "ready":
            self._lasting[outcome] = detail
        if is_for_person:
            self._start(outcome, signal, detail, lasts)
        elif not lasts:
            self._waiting = signal
            if not self._is_passing:
                self._rest()
        elif not self._is_passing and first_of(self._lasting) == outcome:
            self._start(outcome, signal, detail, lasts)
        self._port.draw(outcome, signal, facts)

    def over(self, outcome):
        # -> it was on
        if outcome not in self._lasting:
            return False
        del self._lasting[outcome]
        if not self._is_passing:
            self._rest()
        seen = first_of(self._lasting)
        self._port.draw(seen, signal_of(seen), {})
        return True

    async def run(self):
        while True:
            self.tick()
            await asyncio.sleep_ms(TICK_MS)

    def tick(self):
        if self._player.tick():
            self._is_passing = False
            self._rest()
        if self._screen:
            self._screen.tick()

    def _start(self, outcome, signal, detail, lasts):
        is_under = lasts and first_of(self._lasting) != outcome
        self._is_passing = is_under or not lasts
        self._player.start(signal, True, LOOK_MS if is_under else 0)
        if self._screen:
            self._screen.show(outcome, detail, self._is_passing)

    def _rest(self):
        # nothing of a person's is on: what waits, or else what lasts
        if self._waiting:
            self._player.start(self._waiting, True)
            self._is_passing, self._waiting = True, None
            return
        outcome = first_of(self._lasting)
        self._player.start(signal_of(outcome), False)
        if self._screen:
            self._screen.lie_under(outcome, self._lasting.get(outcome, ""))


def detail_of(facts):
    for key in _DETAILS:
        if key in facts:
            return str(facts[key])
    return ""
