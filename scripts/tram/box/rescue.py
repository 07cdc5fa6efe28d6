"""What a box still holds: counted for a person, handed to a gateway, all of it or with what is left named. No codes."""

from collections import Counter
from collections.abc import Callable, Iterator

from firmware.codes import kind_of
from firmware.wire import message, record
from firmware.wire.errors import WireError
from firmware.wire.message import MAX_MESSAGE_BYTES, MAX_PACK_RECORDS, Pack
from scripts.tram.box.safe import Held
from scripts.tram.gateways.client import Client
from scripts.tram.trouble import Trouble

_HEAD_BYTES = 768
"""More than a pack's first line can have beside its records."""


def kinds(held: Held) -> Counter[str]:
    """How many records of each kind of code; `lost` and `unreadable` are not scans."""
    found: Counter[str] = Counter()
    for _, _, data in held.records:
        try:
            one = record.decode(data)
        except WireError:
            found["unreadable"] += 1
            continue
        found["lost" if isinstance(one, record.Lost) else kind_of(one.code)] += 1
    return found


def messages(held: Held) -> Iterator[tuple[int, bytes]]:
    """As the box would have sent them: packs of its epoch, with its own statement; what is of another epoch, alone.

    -> (how many records are in it, the message)
    """
    ours = [data for epoch, _, data in held.records if epoch == held.epoch]
    pack: list[bytes] = []
    for data in ours:
        size = _HEAD_BYTES + sum(map(len, pack)) + len(data)
        if pack and (len(pack) == MAX_PACK_RECORDS or size > MAX_MESSAGE_BYTES):
            yield len(pack), _pack(held, pack)
            pack = []
        pack.append(data)
    if pack:
        yield len(pack), _pack(held, pack)
    for epoch, _, data in held.records:
        if epoch != held.epoch:
            yield 1, data


def _pack(held: Held, pack: list[bytes]) -> bytes:
    return message.encode_pack(Pack(held.box, held.epoch, held.first, held.last, pack))


def deliver(client: Client, held: Held, bar: Callable[[int, int], None]) -> Counter[str]:
    """Hand all of it in; each message is kept when its answer comes. -> the gateway's counts, and `left`: records that
    it has not answered for (they stay wherever they are). Raises Trouble where it cannot be gone on with."""
    sums: Counter[str] = Counter()
    for count, payload in messages(held):
        try:
            found = client.rescue(held.box, payload)
        except Trouble as trouble:
            if trouble.code != "no_rescue":
                raise
            sums.update(left=count, sent=count)  # the others may be well
            bar(sums["sent"], len(held.records))
            continue
        keys = ("stored", "duplicates", "conflicts", "unreadable", "quarantined")
        sums.update({key: int(found[key]) for key in keys})  # a conflict is stored too, beside the other one
        sums["left"] += int(found["deferred"])
        sums["sent"] += count
        bar(sums["sent"], len(held.records))
    return sums
