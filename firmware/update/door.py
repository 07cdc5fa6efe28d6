# Where offers of firmware come in. This stays loaded; all that an update needs is loaded when there is something to do
# (work.py), and let go after.

import asyncio


class Door:
    # `parts`: what work.py needs, by name (see there). `facts`: for the status.
    def __init__(self, parts):
        self.parts = parts
        self.facts = {"update": "idle"}
        self.refused = None  # the offer that is not tried again
        self.current = b"1 offer -"  # how an offer of the version that runs begins
        self.is_settled = False  # whether the slot that runs may stay is known
        self._work = self._payload = None
        self._came = asyncio.Event()

    def on_message(self, payload):
        # Raises WireError for a piece that is not in its form.
        if self._work:
            self._work.on_message(payload)
        elif payload[:8] != b"1 offer ":
            self.parts["count"]("update_not_asked")
        elif not payload.startswith(self.current):
            self._payload = payload
            self._came.set()

    def key_changed(self):
        # Nothing that the old key has signed is gone on with, and what was refused for its signature may come again.
        self.refused = None
        if self.facts.get("firmware_refused", {}).get("code") == "signature":
            del self.facts["firmware_refused"]
        if self._work:
            self._work.stop()

    async def run(self):
        while True:
            from .work import Work, let_go

            self._work = Work(self)
            try:
                await self._work.run(self._payload)
            finally:
                self._work = self._payload = None
                let_go(self.parts["forget"])
                del Work, let_go
            await self._came.wait()
            self._came.clear()
