"""`set`, `apply`, `save`, `defaults`, `trigger`: what changes a module."""

import asyncio
from collections.abc import Sequence
from typing import Any

from firmware.scanner import gm65, settings
from firmware.scanner.talk import Gone
from scripts.tram import exits, out
from scripts.tram.reader import looking
from scripts.tram.reader.session import Found, Target, found
from scripts.tram.reader.table import Command, Model, Value, Zone
from scripts.tram.reader.words import WORDS
from scripts.tram.trouble import Trouble

_HEX = 16
_NEW_SPEED_S = 0.6
_COMMAND_MS = 900


async def change(target: Target, wishes: Sequence[str], is_to_be_saved: bool) -> int:
    pairs = [pair(wish) for wish in wishes]
    async with found(target) as it:
        if it.model.commands:
            await _command(it, pairs)
            return exits.OK
        if not it.model.zones:
            raise it.cannot("why_no_settings")
        zoned = it.zoned()
        before = await zoned.read_all()
        wants, baud = planned(it.model, before, pairs)
        after, ignored = await zoned.write(before, wants)
        if baud and not await zoned.change_baud(baud):
            ignored.append(gm65.ZONE_BAUD)
        lines = [_said(it.model, name, after) for name, _ in pairs]
        if ignored:
            raise _ignored(it, ignored)
        changed = after != before or bool(baud)
        if is_to_be_saved:
            await zoned.save()
        lines.append(WORDS("set_and_read") if changed else WORDS("nothing_to_set"))
        if is_to_be_saved:
            lines.append(WORDS("saved"))
        elif changed:
            lines.append(WORDS("till_power"))
        facts = {"written": sorted(f"{zone:04X}" for zone in wants if after[zone] != before[zone])}
        out.result({**it.facts, **facts, "saved": is_to_be_saved}, it.line, *lines)
    return exits.OK


def planned(model: Model, before: bytes, pairs: Sequence[tuple[str, str]]) -> tuple[dict[int, int], int | None]:
    """-> what to write to which zone, and the speed.

    Raises Trouble setting_unknown, value_bad, zone_unknown, zone_fixed.
    """
    now = bytearray(before)
    touched: set[int] = set()
    baud = None
    for name, word in pairs:
        if _is_zone(name):
            zone, writes = _raw(model, int(name, _HEX), word)
        else:
            zone, writes = _named(model, bytes(now), name, word)
        if zone.at == gm65.ZONE_BAUD:
            baud = _baud_of(zone, bytes(now), writes, word)
            continue
        for at, value in writes.items():
            now[at] = value
            touched.add(at)
    return {at: now[at] for at in sorted(touched) if now[at] != before[at]}, baud


async def apply(target: Target, wishes: Sequence[str]) -> int:
    """What the box wants, by the very code that the box does it with. FOUND: it does not take all of it."""
    wanted = _of_the_box([pair(wish) for wish in wishes])
    async with found(target) as it:
        if it.model.family == "gm67":
            raise it.cannot("why_no_settings")
        baud = it.bench.line.baud
        before = await it.zoned().read_all() if it.model.zones else b""
        names = await _applied(it, wanted, baud)
        after, more = before, list[str]()
        if it.model.zones:
            after, more = await _and_more(it)
            if it.woken:  # it may be as wanted only until its power goes
                await it.zoned().save()
        changed = sum(was != now for was, now in zip(before, after)) + (baud != it.bench.line.baud)
        without = [name for name in names if name in it.model.cannot]
        missing = [name for name in (*names, *more) if name not in without]
        lines = [
            WORDS("applied_but", names=", ".join(missing)) if missing else WORDS("applied", baud=it.bench.line.baud)
        ]
        if without:
            lines.append(WORDS("without", names=", ".join(without)))
        if it.model.zones:
            lines.append(WORDS("changed", n=changed))
        facts = {"missing": missing, "without": without, "changed": changed, "withheld": it.bench.line.withheld}
        out.result({**it.facts, **facts}, it.line, *lines, _keeping(it.model))
        return exits.FOUND if missing else exits.OK


async def save(target: Target) -> int:
    async with found(target) as it:
        if it.model.zones:
            await it.zoned().save()
            out.result({**it.facts, "saved": True}, it.line, WORDS("saved"))
        elif it.model.commands:
            out.result({**it.facts, "saved": it.model.keeps}, it.line, _keeping(it.model))
        else:
            raise it.cannot("why_no_save")
    return exits.OK


async def defaults(target: Target) -> int:
    async with found(target) as it:
        if it.model.defaults is None:
            raise it.cannot("why_no_defaults")
        if not out.confirm(WORDS("ask_defaults", title=it.model.title)):
            out.result({**it.facts, "done": False}, WORDS("declined"))
            return exits.OK
        if isinstance(it.model.defaults, int):
            await it.zoned().reset(it.model.defaults)
        else:
            await it.bench.send(f"^_^{it.model.defaults}.".encode())
            await asyncio.sleep(_NEW_SPEED_S)
        woken = await _found_anew(it)
        line = WORDS("is_default", baud=it.bench.line.baud)
        out.result({**it.facts, "done": True, "woken": woken}, line, *([WORDS("to_uart")] if woken else []))
    return exits.OK


async def trigger(target: Target) -> int:
    async with found(target) as it:
        try:
            is_taken = bool(await it.bench.driver.trigger())
        except Gone:
            raise Trouble("gone", exits.CUT, WORDS) from None
        if not is_taken:
            raise Trouble("trigger_refused", exits.NO_ANSWER, WORDS)
        out.result({**it.facts}, it.line, WORDS("triggered"))
    return exits.OK


async def _found_anew(it: Found) -> bool:
    """After it was set to its defaults, which may be another speed and another way out. -> did it have to be woken?"""
    asked: list[str] = []
    await it.bench.find((it.model.family,), None, asked.append)
    return asked[-1] == "gm65_wake"


# Of a module with zones


def _raw(model: Model, at: int, word: str) -> tuple[Zone, dict[int, int]]:
    zone = model.of_zone.get(at)
    if zone is None:
        raise Trouble("zone_unknown", exits.REFUSED, WORDS, zone=f"{at:04X}", title=model.title)
    if zone.fixed:
        raise Trouble("zone_fixed", exits.REFUSED, WORDS, zone=f"{at:04X}")
    most = zone.count - (at - zone.at)
    try:
        data = bytes.fromhex(word.removeprefix("0x"))
    except ValueError:
        data = b""
    if not 1 <= len(data) <= most:
        choices = "00…FF" if most == 1 else f"00…FF, 1–{most} byte"
        raise Trouble("value_bad", exits.USAGE, WORDS, name=f"{at:04X}", text=word, choices=choices)
    return zone, {at + offset: byte for offset, byte in enumerate(data)}


def _named(model: Model, now: bytes, name: str, word: str) -> tuple[Zone, dict[int, int]]:
    named = model.named(name)
    if named is None or not named[1].mask:
        names = ", ".join(one.name for zone in model.zones if not zone.fixed for one in zone.fields if one.mask)
        raise Trouble("setting_unknown", exits.USAGE, WORDS, title=model.title, name=name, names=names)
    zone, field = named
    if zone.fixed:
        raise Trouble("zone_fixed", exits.REFUSED, WORDS, zone=f"{zone.at:04X}")
    try:
        return zone, zone.writes(field.set(zone.number(now), word))
    except ValueError:
        raise Trouble("value_bad", exits.USAGE, WORDS, name=name, text=word, choices=field.choices()) from None


def _baud_of(zone: Zone, now: bytes, writes: dict[int, int], word: str) -> int:
    data = bytearray(now)
    for at, value in writes.items():
        data[at] = value
    field = zone.fields[0]
    found_words = [value.word for value in field.values if value.raw == zone.number(bytes(data))]
    if not found_words:
        raise Trouble("value_bad", exits.USAGE, WORDS, name=field.name, text=word, choices=field.choices())
    return int(found_words[0])


def _said(model: Model, name: str, after: bytes) -> str:
    if _is_zone(name):
        return WORDS("set_to", name=name, text=f"{after[int(name, _HEX)]:02X}")
    zone, field = model.field(name)
    return WORDS("set_to", name=field.title, text=field.text(zone.number(after)))


def _ignored(it: Found, zones: Sequence[int]) -> Trouble:
    names = ", ".join(f"{zone:04X}" for zone in zones)
    is_usb = it.bench.line.withheld and gm65.ZONE_OUTPUT in zones
    return Trouble("ignored_usb" if is_usb else "ignored", exits.REFUSED, WORDS, names=names)


async def _and_more(it: Found) -> tuple[bytes, list[str]]:
    """What a model needs so that the box understands it, beyond what the firmware writes."""
    zoned = it.zoned()
    before = await zoned.read_all()
    ours = {want.name for want in _more(it.model)}
    wants: dict[int, int] = {}
    for zone in it.model.zones:
        for want in zone.differs(before, it.model.has_protocol):
            if want.name in ours:
                wants.update(zone.writes(zone.number(before) & ~want.mask | want.value))
    if not wants:
        return before, []
    after, ignored = await zoned.write(before, wants)
    if after != before:
        await zoned.save()
    return after, [f"{zone:04X}" for zone in ignored]


def _more(model: Model) -> list[Any]:
    known = set(settings.DEFAULTS) | {"format", "output", "sleep"}
    return [want for zone in model.zones for want in zone.wanted if want.name not in known]


# Of a module that takes commands


async def _command(it: Found, pairs: Sequence[tuple[str, str]]) -> None:
    chosen = [_chosen(it.model, name, word) for name, word in pairs]
    lines = []
    for command, value in chosen:
        if not await _sent(it, command, value):
            raise Trouble("refused_by_it", exits.REFUSED, WORDS, name=command.name, text=value.word)
        lines.append(WORDS("set_to", name=command.title, text=value.text))
    read = await looking.readable(it)
    wrong = [command.name for command, value in chosen if read.get(command.name, value.word) != value.word]
    if wrong:
        raise Trouble("ignored", exits.REFUSED, WORDS, names=", ".join(wrong))
    lines.append(WORDS("set_and_read") if read else WORDS("set_unread"))
    out.result({**it.facts, "written": [command.name for command, _ in chosen]}, it.line, *lines, _keeping(it.model))


def _chosen(model: Model, name: str, word: str) -> tuple[Command, Value]:
    command = model.command(name)
    if command is None:
        names = ", ".join(one.name for one in model.commands)
        raise Trouble("setting_unknown", exits.USAGE, WORDS, title=model.title, name=name, names=names)
    value = next((one for one in command.values if one.word == word.removesuffix("ms").strip()), None)
    if value is None:
        choices = ", ".join(one.word for one in command.values)
        raise Trouble("value_bad", exits.USAGE, WORDS, name=name, text=word, choices=choices)
    return command, value


async def _sent(it: Found, command: Command, value: Value) -> bool:
    """Raises Trouble unanswered, gone."""
    text = str(value.raw)
    driver = it.bench.driver
    if it.model.coding == "hex":
        from firmware.scanner import m5qr

        return await it.bench.ask(bytes.fromhex(text), m5qr.WRITTEN, reply_ms=_COMMAND_MS) is not None
    from firmware.scanner import de2120

    answer = await it.bench.ask(de2120.command(text.encode()), de2120.SETTING, reply_ms=_COMMAND_MS)
    if command.name == "baud" and answer is not None and de2120.is_ack(answer):
        await asyncio.sleep(_NEW_SPEED_S)
        return bool(await driver.probe(int(value.word)))
    if answer is None:
        raise Trouble("unanswered", exits.NO_ANSWER, WORDS)
    return de2120.is_ack(answer)


# What a person has typed, and the box's own settings


def pair(wish: str) -> tuple[str, str]:
    """-> name and value. Raises Trouble setting_form."""
    name, sign, word = (part.strip() for part in wish.partition("="))
    if not name or not sign or not word:
        raise Trouble("setting_form", exits.USAGE, WORDS, text=wish)
    name = name.lower().removeprefix("0x")
    return name, word.lower()


def _is_zone(name: str) -> bool:
    return len(name) in (2, 4) and all(letter in "0123456789abcdef" for letter in name) and int(name, _HEX) < 256


def _of_the_box(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Settings as firmware/scanner/settings.py has them. Raises Trouble setting_unknown, value_bad."""
    wanted: dict[str, Any] = {}
    for name, word in pairs:
        switches = {"on": True, "off": False, "yes": True, "no": False, "keep": None}
        wanted[name] = int(word) if word.isascii() and word.isdecimal() else switches.get(word, word)
    try:
        settings.complete(wanted)
    except settings.SettingsError as bad:
        facts = {"name": bad.name, "text": wanted[bad.name]}
        if bad.code == "unknown":
            names = ", ".join(settings.DEFAULTS)
            raise Trouble("setting_unknown", exits.USAGE, WORDS, title="Trạm", names=names, **facts) from None
        raise Trouble("value_bad", exits.USAGE, WORDS, choices=f"{settings.DEFAULTS[bad.name]} …", **facts) from None
    return wanted


async def _applied(it: Found, wanted: dict[str, Any], baud: int) -> list[str]:
    """Raises Trouble unanswered, gone."""
    driver = it.bench.use(it.model.family, wanted)
    try:
        names = await driver.apply() if await driver.probe(baud) else None
    except Gone:
        raise Trouble("gone", exits.CUT, WORDS) from None
    if names is None:
        raise Trouble("unanswered", exits.NO_ANSWER, WORDS)
    return list(names)


def _keeping(model: Model) -> str:
    if model.zones:
        return WORDS("saved")
    return WORDS("keeps_itself") if model.keeps else WORDS("loses")
