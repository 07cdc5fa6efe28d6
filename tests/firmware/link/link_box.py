# Runs under MicroPython: the link as the box has it, over a spool in RAM. Commands as lines of JSON on standard
# input: {"append": [length, …]}, {"lose": [first, last]}, {"report": 1}, {"rescue": n}, {"inflate": n},
# {"post": [word, text, QoS]}, {"drop": ssid}, {"quit": 1}. The second argument is the CA's file, or "-".
import asyncio
import gc
import json
import os
import sys
import time

from firmware import config as configs
from firmware.link.backoff import Backoff
from firmware.link.clock import Clock
from firmware.link.inbox import Inbox
from firmware.link.last_resort import is_due
from firmware.link.names import Names
from firmware.link.outbox import Outbox
from firmware.link.presence import Presence
from firmware.link.reconnect import Link, Login, Parts
from firmware.link.uptime import Uptime
from firmware.wire.record import Lost, Scan, encode_lost, encode_scan

OLD_EPOCH = "aaaaaaaaaaaa"


class SpoolError(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class RamSpool:
    # Records are made again when asked for, so that thousands cost no heap.
    Error = SpoolError
    epoch = "0123456789ab"
    boot = 1

    def __init__(self, box_id):
        self.box_id = box_id
        self.first_held = 1
        self.last_seq = 0
        self.lengths = []
        self.lost = []
        self.rescued = []

    @property
    def waiting(self):
        return self.last_seq - self.first_held + 1

    @property
    def state(self):
        return "rescue" if self.rescued else "ok"

    def others(self, max_bytes, max_records):
        lost = [(one.epoch, one.seq, encode_lost(one)) for one in self.lost]
        found = [(OLD_EPOCH, seq, self.record(OLD_EPOCH, seq, 40)) for seq in self.rescued[:max_records]]
        return lost + found

    def statement(self, epoch):
        if epoch == OLD_EPOCH:
            return self.rescued[0], self.rescued[-1]
        return self.first_held, self.last_seq

    def append(self, length):
        self.lengths.append(length)
        self.last_seq += 1
        return self.last_seq

    def read(self, seq):
        if not self.first_held <= seq <= self.last_seq or any(a.seq <= seq <= a.last_seq for a in self.lost):
            return None
        return self.record(self.epoch, seq, self.lengths[seq - 1])

    def record(self, epoch, seq, length):
        code = (b"%d/" % seq) + b"x" * (length - len(str(seq)) - 1)
        return encode_scan(Scan(self.box_id, epoch, seq, 1, seq, None, None, "", code))

    def pick(self, first, max_bytes, max_records):
        picked, size = [], 0
        seq = max(first, self.first_held)
        while seq <= self.last_seq and len(picked) < max_records:
            data = self.read(seq)
            if data is not None:
                if picked and size + len(data) > max_bytes:
                    break
                picked.append((seq, data))
                size += len(data)
            seq += 1
        return picked

    def ack(self, epoch, complete_to, highest):
        if epoch == OLD_EPOCH and self.rescued:
            before = len(self.rescued)
            self.rescued = [seq for seq in self.rescued if seq > complete_to]
            return before - len(self.rescued)
        if epoch != self.epoch:
            raise SpoolError("ack_other_epoch")
        if highest > self.last_seq:
            raise SpoolError("ack_from_future")
        freed = max(0, complete_to + 1 - self.first_held)
        self.first_held = max(self.first_held, complete_to + 1)
        self.lost = [lost for lost in self.lost if lost.last_seq > complete_to]
        return freed


class Box:
    def __init__(self, config, cas):
        self.counters = {}
        self.beats = 0
        self.uptime = uptime = Uptime(time.ticks_ms, time.ticks_diff)
        box_id, limits, count = config.box_id, config.link, self.count
        self.spool = spool = RamSpool(box_id)
        work, heard = asyncio.Event(), asyncio.Event()
        self.clock = Clock(box_id, spool.epoch, 1, uptime, below, count, limits.heard_spread_ms)
        self.outbox = Outbox(spool, box_id, uptime, below, limits, count, self.delivered, work.set)
        self.presence = presence = Presence(box_id, spool.epoch, 1, self.report, limits.status_every_ms, uptime, count)
        self.heard = heard
        handlers = {
            "ack": self.outbox.on_ack,
            "time": self.clock.on_time,
            "beacon": self.beacon,
            "status": presence.on_status,
            "command": lambda payload: say({"command": len(payload)}),
            "settings": lambda payload: say({"settings": len(payload)}),
            "update": lambda payload: say({"update": len(payload)}),
        }
        mdns = servers(limits)[:1] or [None]
        names = Names(lambda name: None, lambda: servers(limits), below, limits.resolve_ms, mdns[0])
        parts = Parts(self.outbox, Inbox(box_id, handlers, count), presence, self.clock, work, heard)
        backoff = Backoff(below, limits.retry_first_ms, limits.retry_cap_ms)
        login = Login(box_id, config.password, limits.host, limits.port)
        self.wifi = self.wifi_of(config) if config.test.world else None
        self.link = Link(login, names, parts, limits, uptime, backoff, count, self.state, cas, self.wifi, self.beat)

    def wifi_of(self, config):
        from firmware.boards.linux_world import World
        from firmware.link.wifi import Wifi

        wlan = World(config.test.world).wlan()
        quick = {"join_ms": 1200, "reach_ms": 1500, "nap_ms": 50, "cap_ms": 200}
        return Wifi(wlan, config.wifi, self.uptime, below, self.count, self.wifi_state, **quick)

    def beat(self):
        self.beats += 1

    def wifi_state(self, state, **facts):
        facts["wifi"] = state
        facts["stuck"] = self.wifi.is_stuck()
        say(facts)

    def count(self, name, by=1):
        if by:
            self.counters[name] = self.counters.get(name, 0) + by

    def delivered(self, epoch, complete_to):
        say({"delivered": complete_to})

    def beacon(self, payload):
        if self.clock.on_beacon(payload):
            self.outbox.gateway_back()
        self.heard.set()

    def state(self, state, **facts):
        facts["state"] = state
        facts["at_ms"] = time.ticks_ms()
        say(facts)

    def report(self):
        spool = self.spool
        return {
            "epoch": spool.epoch,
            "uptime_ms": self.uptime(),
            "first_held": spool.first_held,
            "last_seq": spool.last_seq,
            "counters": self.counters,
        }

    def obey(self, command):
        if "append" in command:
            for length in command["append"]:
                self.outbox.accepted(self.spool.append(length))
        if "lose" in command:
            first, last = command["lose"]
            self.spool.lost.append(Lost(self.spool.box_id, self.spool.epoch, first, last, "bad_sector"))
        if "rename" in command:
            self.spool.epoch = command["rename"]
            self.clock.rename(self.spool.epoch, 1)
            self.presence.rename(self.spool.epoch, 1)
        if "inflate" in command:
            for number in range(command["inflate"]):
                self.count(f"a_counter_with_a_long_name_{number}")
        if "rescue" in command:
            self.spool.rescued = list(range(1, command["rescue"] + 1))
        if "post" in command:
            word, text, qos = command["post"]
            say({"posted": self.link.post(word, text.encode(), qos)})
        if "drop" in command:
            say({"dropped": self.wifi.drop(command["drop"])})
        if "report" in command:
            gc.collect()
            told = self.report()
            told.update(report=command["report"], heap=gc.mem_alloc(), utc=self.clock.utc(self.uptime()))
            told.update(waited_ms=self.waited_ms, beats=self.beats, gateway_now=self.clock.gateway_now())
            if self.wifi:
                told["wifi"] = [self.wifi.state, self.wifi.ssid, self.wifi.rssi]
                told["reboot"] = is_due(told["uptime_ms"], None, None, self.wifi.is_stuck(), 1, 1)
            say(told)
        return "quit" in command


def below(most):
    return int.from_bytes(os.urandom(4), "big") % most if most else 0


def servers(limits):
    # Several, for tests: "address:port,address:port".
    found = []
    for server in limits.name_server.split(",") if limits.name_server else ():
        address, _, port = server.partition(":")
        found.append((address, int(port)))
    return found


def say(facts):
    sys.stdout.write(json.dumps(facts) + "\n")


def cas_in(path):
    if path == "-":
        return None
    with open(path, "rb") as file:
        return (file.read(),)


async def longest_wait(box):
    # How long the others were kept from running, at most.
    box.waited_ms = 0
    while True:
        asked_ms = time.ticks_ms()
        await asyncio.sleep_ms(5)
        box.waited_ms = max(box.waited_ms, time.ticks_diff(time.ticks_ms(), asked_ms) - 5)


async def run(config, cas):
    box = Box(config, cas)
    link = asyncio.create_task(box.link.run())
    waits = asyncio.create_task(longest_wait(box))
    wifi = asyncio.create_task(box.wifi.run()) if box.wifi else waits
    commands = asyncio.StreamReader(sys.stdin.buffer)
    say({"state": "started"})
    while True:
        line = await commands.readline()
        if not line or box.obey(json.loads(line)):
            break
    await box.link.stop()
    for task in (link, waits, wifi):
        task.cancel()


gc.threshold(32768)
asyncio.run(run(configs.load(sys.argv[1]), cas_in(sys.argv[2])))
