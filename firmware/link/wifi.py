# Wi-Fi with up to three networks, over a driver that cannot be trusted. Loaded only where there is a driver.
#
# 1. One network at a time, in rounds: the one that last led to the gateway first, then the strongest where that is
#    known, then in the order of the settings. Between two attempts there is always a nap: drivers need it.
# 2. An attempt ends with an address, or with a reason: `no_ap`, `wrong_password`, `failed` (the access point said no),
#    `no_address`, `timeout` (the driver never says), `driver` (it raised). What the driver says in the first moment is
#    still about the attempt before, and does not count.
# 3. A network with an address may lead nowhere (a captive portal, a dead uplink, an address that is stale). While the
#    gateway is not reached for `reach_ms`, the next network is tried, or the only one joined anew; each time in vain
#    doubles the span, up to eight times.
# 4. After a round in vain the driver is switched off and on, and the pause grows, with jitter, up to `cap_ms`.
# 5. A driver that gives neither address nor verdict, however often it is switched, is stuck: the last resort's case.
# 6. Nothing here waits in a call, but for looking around (`scan` holds everything up for two seconds or more): that is
#    done only before a round with a choice, and only while `is_quiet()`.

import asyncio

from .backoff import Backoff

_POLL_MS = 100
_WATCH_MS = 500
_STALE_MS = 1000
_MISSES = 4
_STUCK_ROUNDS = 3
_MAX_DOUBLINGS = 3

# The numbers of the ESP32, and of the CYW43 of the Pico W.
_VERDICTS = {
    201: "no_ap",
    210: "no_ap",
    211: "no_ap",
    212: "no_ap",
    -2: "no_ap",
    202: "wrong_password",
    204: "wrong_password",  # this and 15, a handshake that timed out: what most access points make of a wrong password
    15: "wrong_password",
    -3: "wrong_password",
    203: "failed",
    -1: "failed",
}
_JOINED = (2, 3, 1010)
_ANY = (OSError, RuntimeError, ValueError, TypeError)
_DRIVER = _ANY[:2]  # the ESP32 raises the one for what it knows, the other for what it does not


class Wifi:
    # `wlan`: in the shape of network.WLAN. `networks`: pairs of ssid and password. `on_state(state, **facts)`.

    def __init__(
        self,
        wlan,
        networks,
        now_ms,
        random_below,
        count,
        on_state,
        is_quiet=None,
        join_ms=15000,
        reach_ms=180000,
        nap_ms=1000,
        cap_ms=60000,
    ):
        self.wlan = wlan
        self._networks = [(ssid, password) for ssid, password in networks]
        self._now_ms = now_ms
        self._count = count
        self._on_state = on_state
        self._is_quiet = is_quiet
        self._join_ms = join_ms
        self._reach_ms = reach_ms
        self._nap_ms = nap_ms
        self._alive_ms = 2 * cap_ms + 10 * nap_ms
        self._moved_ms = now_ms()
        self._backoff = Backoff(random_below, nap_ms, cap_ms)
        self._ready = asyncio.Event()
        self._good = self._shunned = None
        self._strengths = {}
        self._is_reached = False
        self._unreached = self._vain = 0
        self.state = "starting"
        self.ssid = ""
        self.reasons = {}  # of each network that has been tried: why it was not, or is no more

    # For others

    def is_ready(self):
        return self._ready.is_set()

    async def ready(self):
        await self._ready.wait()

    def reached(self, is_reached):
        # The link says whether it has the gateway.
        self._is_reached = is_reached
        if is_reached:
            self._good, self._shunned, self._unreached = self.ssid, None, 0

    def drop(self, ssid):
        # -> whether it is used no more. The last one stays: without it nobody would be heard again.
        left = [network for network in self._networks if network[0] != ssid]
        if not left or len(left) == len(self._networks):
            return False
        self._networks = left
        return True

    def is_stuck(self):
        return self._vain >= _STUCK_ROUNDS * len(self._networks)

    @property
    def rssi(self):
        # dBm, or None where the driver does not tell
        return self._strength() if self.is_ready() else None

    def is_alive(self):
        # Does the task get on?
        return self._now_ms() - self._moved_ms < self._alive_ms

    # The task

    async def run(self):
        self._ready.clear()
        await self._switch_on()
        while True:
            if await self._round():
                self._backoff.reset()
                continue
            self.state = "waiting"
            await self._sleep(self._nap_ms + self._backoff.next_ms())
            await self._restart()

    async def _round(self):
        # -> whether there was an address
        self._look_around()
        for ssid, password in self._order():
            had_address = await self._try(ssid, password)
            await self._sleep(self._nap_ms)
            if had_address:
                return True
        return False

    def _order(self):
        def rank(at):
            ssid = self._networks[at][0]
            return (ssid == self._shunned, ssid != self._good, -self._strengths.get(ssid, -200), at)

        return [self._networks[at] for at in sorted(range(len(self._networks)), key=rank)]

    async def _try(self, ssid, password):
        self.state, self.ssid = "joining", ssid
        started_ms = self._now_ms()
        reason = await self._join(ssid, password)
        had_address = reason is None
        self._vain = self._vain + 1 if reason in ("timeout", "driver") else 0
        if had_address:
            self.state = "up"
            self._ready.set()
            self._count("wifi_joined")
            self._on_state("up", ssid=ssid, took_ms=self._now_ms() - started_ms)
            reason = await self._stay(ssid)
            self._ready.clear()
        self.state = "waiting"
        self.reasons[ssid] = reason
        self._count("wifi_" + reason)
        self._on_state("down", ssid=ssid, reason=reason)
        self._quietly(self.wlan.disconnect)
        if reason == "unreached":
            self._shunned, self._good = ssid, None
            self._unreached += 1
            await self._restart()
        return had_address

    async def _join(self, ssid, password):
        # -> None, or the reason why not
        try:
            self.wlan.connect(ssid, password or None)
        except _DRIVER:
            return "driver"
        begun_ms = self._now_ms()
        while True:
            await self._sleep(_POLL_MS)
            if self._has_address():
                return None
            passed_ms = self._now_ms() - begun_ms
            status = self._quietly(self.wlan.status)
            if passed_ms >= _STALE_MS and status in _VERDICTS:
                return _VERDICTS[status]
            if passed_ms >= self._join_ms:
                # The ESP32 says 1001 until it has an address; but it knows a strength once it has joined.
                is_joined = status in _JOINED or (status == 1001 and self._strength())
                return "no_address" if is_joined else "timeout"

    async def _stay(self, ssid):
        # -> why not any longer
        reached_ms = self._now_ms()
        misses = 0
        while misses < _MISSES:
            await self._sleep(_WATCH_MS)
            misses = 0 if self._has_address() else misses + 1
            if all(ssid != known for known, _ in self._networks):
                return "dropped"
            if self._is_reached:
                reached_ms = self._now_ms()
            elif self._now_ms() - reached_ms >= self._reach_ms << min(self._unreached, _MAX_DOUBLINGS):
                return "unreached"
        return "lost"

    async def _sleep(self, span_ms):
        self._moved_ms = self._now_ms()
        await asyncio.sleep_ms(span_ms)

    # The driver

    def _has_address(self):
        try:
            return self.wlan.isconnected() and self.wlan.ifconfig()[0] not in ("", "0.0.0.0")  # noqa: S104  (nothing is bound to it)
        except _DRIVER:
            return False

    def _strength(self):
        try:
            return self.wlan.status("rssi") or None
        except _ANY:
            return None

    async def _restart(self):
        self._count("wifi_restarts")
        self._quietly(self.wlan.active, False)
        await self._sleep(self._nap_ms)
        await self._switch_on()

    async def _switch_on(self):
        self._quietly(self.wlan.active, True)
        try:
            self.wlan.config(reconnects=0)  # the ESP32 would go on by itself, and never say why it cannot
        except _ANY:
            pass  # others know nothing of it
        await self._sleep(0)

    def _look_around(self):
        if len(self._networks) < 2 or self._is_quiet is None or not self._is_quiet():
            return
        self._strengths = {}
        for found in self._quietly(self.wlan.scan) or ():
            try:
                ssid = bytes(found[0]).decode()
            except UnicodeError:
                continue  # none of ours
            self._strengths[ssid] = max(found[3], self._strengths.get(ssid, -200))

    def _quietly(self, call, *arguments):
        # What a driver cannot do now shows in what it says next.
        try:
            return call(*arguments)
        except _DRIVER:
            self._count("wifi_driver_errors")
            return None
