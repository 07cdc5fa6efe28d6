# Settings: a version wanted, a version in use, and the last good one to go back to (SPEC §11).
#
# 1. A wish is judged whole before anything of it is used, then tried: the box starts anew with it. What is kept on
#    flash, and in which order, is in store.py; with what the box starts, in choose.py; when a trial is good, in
#    trial.py.
# 2. A trial that cuts the box off is given up by itself, and the box starts anew with the good ones. Its version is not
#    tried again until another one comes.
# 3. Wishes come one at a time; of several that wait the newest counts, and between two lie PAUSE_MS.
# 4. All but this file is loaded when it is needed, and let go after.

import asyncio

PAUSE_MS = 5000
TICK_MS = 500


class Keeper:
    # `chosen`: what choose() gave. `timing`: confirm_s and give_up_s, of the config's section `update`.
    # `check(text)`: raises what has .code and .key where the wish is not to be taken.
    # `state()` -> (link is up, gateway was heard since the start, state of the reader).
    # `restart(why)`: starts the box anew; async. `changed()`: the status has news.
    def __init__(self, box_id, files, chosen, timing, now_ms, check, state, restart, changed, say, count, forget):
        self.box_id = box_id
        self.files = files
        self.version, _, reader_before, self.refused = chosen
        self.check = check
        self.changed = changed
        self.say = say
        self.count = count
        self._now_ms = now_ms
        self._state = state
        self._restart = restart
        self._forget = forget
        self._payload = None
        self._not_before_ms = 0
        self._come = asyncio.Event()
        self._trial = None
        if reader_before is not None:
            from .trial import Trial

            self._trial = Trial(reader_before, timing.confirm_s * 1000, timing.give_up_s * 1000, now_ms())

    def on_settings(self, payload):
        self._payload = bytes(payload)
        self._come.set()

    def reader_state(self):
        return self._state()[2]

    def is_on_trial(self):
        return self._trial is not None

    def report(self):
        told = {"settings_version": self.version}
        if self.refused:
            version, code, key = self.refused
            told["settings_refused"] = {"version": version, "code": code, "key": key}
        return told

    async def run(self):
        while True:
            if self._trial is None:
                await self._come.wait()
            else:
                await asyncio.sleep_ms(TICK_MS)
                await self._judge_trial()
            if self._payload is not None:
                await asyncio.sleep_ms(self._not_before_ms - self._now_ms())
                self._come.clear()
                payload, self._payload = self._payload, None
                await self._take(payload)

    async def _take(self, payload):
        from .take import take

        self._not_before_ms = self._now_ms() + PAUSE_MS
        is_new = take(self, payload)
        del payload
        self._let_go()
        if is_new:
            self.say("settings", outcome="trying")
            await self._go_down()

    async def _judge_trial(self):
        found = self._trial.step(self._now_ms(), *self._state())
        if found is None:
            return
        from .store import Store

        if found == "good":
            Store(self.files).confirm()
            self._trial = self.refused = None
            self.say("settings", outcome="good", version=self.version)
            self.changed()
        else:
            Store(self.files).give_up(self.version, found)
            self.say("settings", outcome="given_up", version=self.version, code=found)
            await self._go_down()
        self._let_go()

    async def _go_down(self):
        # What is on flash from here on is for the next start: nothing is judged any more.
        await self._restart("settings")
        await asyncio.Event().wait()

    def _let_go(self):
        for name in ("settings.take", "settings.store", "settings.trial", "wire.settings"):
            self._forget("firmware." + name)
