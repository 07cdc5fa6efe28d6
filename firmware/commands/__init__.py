# What the box is told to do: each command executed at most once, answered, and not begun after its deadline.
#
# 1. One at a time, QUEUE waiting; to as many again the answer is `busy`, beyond that there is none: they are counted.
# 2. What is executed is in flash before it begins, if it changes anything, and with its answer when it is over. Asked
#    again, the box gives the answer it gave before. After a restart what was begun is answered `interrupted`, and a
#    reboot `done`.
# 3. A refusal changes nothing and is not kept: the same command may come again, and be taken then.
# 4. All but this file is loaded when a command comes, and let go after.

import asyncio

QUEUE = 4
_HEAD_BYTES = 64


class Commander:
    # `files`: the system volume. `gateway_now()`: link/clock.py. `post(word, payload)` -> was there room for it?
    # `do`: name -> async function(argument) -> dict, None, or parts (fetch_log.py). It may raise what has a `.code`.
    # `say(event, **facts)`, `count(name)`, `forget(module)`: let go of what was loaded.
    def __init__(self, box_id, files, gateway_now, post, do, say, count, forget):
        self.box_id = box_id
        self.files = files
        self.gateway_now = gateway_now
        self.post = post
        self.do = do
        self.say = say
        self.count = count
        self._forget = forget
        self._waiting = []
        self._turned_away = []
        self._work = asyncio.Event()

    def on_command(self, payload):
        if len(self._waiting) < QUEUE:
            self._waiting.append(bytes(payload))
        else:
            self.count("command_busy")
            if len(self._turned_away) < QUEUE:
                self._turned_away.append(bytes(payload[:_HEAD_BYTES]))
        self._work.set()

    async def run(self):
        await self._finish_interrupted()
        while True:
            self._let_go()
            if not self._waiting:
                await self._work.wait()
            self._work.clear()
            await self._work_off()

    async def _finish_interrupted(self):
        from .work import answer_interrupted

        await answer_interrupted(self)

    async def _work_off(self):
        from .work import handle, turn_away

        while self._waiting or self._turned_away:
            while self._turned_away:
                await turn_away(self, self._turned_away.pop(0))
            if self._waiting:
                try:
                    await handle(self, self._waiting[0])
                finally:
                    del self._waiting[
                        0
                    ]  # one that fails is not tried for ever: nobody was answered, who asks again may

    def _let_go(self):
        for name in ("commands.work", "commands.done", "commands.arguments", "commands.deadline", "wire.command"):
            self._forget("firmware." + name)
