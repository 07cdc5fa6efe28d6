"""`identify`, `show` and `zones`: what is there, and what it is set to."""

from scripts.tram import exits, out
from scripts.tram.reader.session import Found, Target, found
from scripts.tram.reader.table import Model, Zone
from scripts.tram.reader.words import WORDS

_ROW = 16


async def identify(target: Target) -> int:
    async with found(target) as it:
        facts, lines = _version(it)
        lines.append(WORDS("supply", text=it.model.supply))
        lines.append(WORDS("note", text=it.model.note))
        if it.woken:
            lines.append(WORDS("to_uart"))
        out.result({**it.facts, "version": facts, "woken": it.woken}, it.line, *lines)
    return exits.OK


async def show(target: Target) -> int:
    """Every known setting in words. FOUND: something is not as the box wants it."""
    async with found(target) as it:
        if it.model.zones:
            return _show_zones(it, await it.zoned().read_all())
        if it.model.commands:
            return await _show_commands(it)
        raise it.cannot("why_no_settings")


async def zones(target: Target) -> int:
    """All 256 bytes, as they are."""
    async with found(target) as it:
        data = await it.zoned().read_all()
        rows = [f"{at:04X}  {data[at : at + _ROW].hex(' ').upper()}" for at in range(0, len(data), _ROW)]
        out.result({**it.facts, "zones": data.hex()}, it.line, *rows)
    return exits.OK


def differing(model: Model, data: bytes) -> list[str]:
    """The names, as the firmware has them, of what is not as the box wants it."""
    return [want.name for zone in model.zones for want in zone.differs(data, model.has_protocol)]


def _version(it: Found) -> tuple[dict[str, object], list[str]]:
    if it.model.family != "gm65":
        text = it.version.decode("ascii")
        return {"text": text}, [WORDS("version_text", text=text)] if text else []
    model, hardware, software, year, month, day = it.version
    facts = {
        "bytes": it.version.hex(),
        "model": f"{model:02X}",
        "hardware": f"{hardware / 100:.2f}",
        "software": f"{software / 100:.2f}",
        "date": f"20{year:02d}-{month:02d}-{day:02d}",
    }
    return dict(facts), [WORDS("version_gm65", **facts)]


def _show_zones(it: Found, data: bytes) -> int:
    lines, facts = [], []
    for zone in it.model.zones:
        wanted = _wanted(zone, data, it.model)
        lines += _lines(zone, data, wanted)
        raw = data[zone.at : zone.at + zone.count].hex()
        words = {} if zone.is_text else {one.name: one.word(zone.number(data)) for one in zone.fields}
        facts.append({"zone": f"{zone.at:04X}", "bytes": raw, "settings": words, "wanted": wanted})
    names = differing(it.model, data)
    lines.append(WORDS("some_differ", names=", ".join(names)) if names else WORDS("all_wanted"))
    out.result({**it.facts, "zones": facts, "differs": names}, it.line, *lines)
    return exits.FOUND if names else exits.OK


def _lines(zone: Zone, data: bytes, wanted: dict[str, str]) -> list[str]:
    """One for each setting: its zone, its name for `set`, what it is, what that means."""
    if zone.fixed:
        return []
    if zone.is_text:
        held = data[zone.at : zone.at + zone.count]
        said = held.hex(" ").upper() if any(held) else "—"
        return [f"{zone.at:04X}  {zone.fields[0].name:<18}{said}  ({zone.fields[0].title})"]
    number = zone.number(data)
    lines = []
    for one in zone.fields:
        word, text = one.word(number), one.text(number)
        said = f"{zone.at:04X}  {one.name:<18}{word:<12}{one.title}" + (f": {text}" if text != word else "")
        lines.append(said + (f"  {WORDS('differs', text=wanted[one.name])}" if one.name in wanted else ""))
    return lines


def _wanted(zone: Zone, data: bytes, model: Model) -> dict[str, str]:
    """The fields that would change if the zone were as the box wants it -> the word that they would have."""
    before = zone.number(data)
    after = before
    for want in zone.differs(data, model.has_protocol):
        after = after & ~want.mask | want.value
    return {one.name: one.word(after) for one in zone.fields if one.raw(before) != one.raw(after)}


async def _show_commands(it: Found) -> int:
    lines, facts = [], []
    read = await readable(it)
    for command in it.model.commands:
        words = [value.word for value in command.values]
        line = f"{command.name} ({command.title}): {', '.join(words)}"
        if command.wanted:
            line += "  " + WORDS("wanted_is", text=command.wanted)
        now = read.get(command.name)
        if now is not None:
            line += f"  = {now}"
        lines.append(line)
        facts.append({"name": command.name, "values": words, "wanted": command.wanted or None, "now": now})
    names = [one.name for one in it.model.commands if one.name in read and read[one.name] != one.wanted]
    lines.insert(0, WORDS("no_read_back"))
    if names:
        lines.append(WORDS("some_differ", names=", ".join(names)))
    out.result({**it.facts, "settings": facts, "differs": names}, it.line, *lines)
    return exits.FOUND if names else exits.OK


async def readable(it: Found) -> dict[str, str]:
    """The few settings of a module without zones that can be read."""
    if it.model.family != "m5qr":
        return {}
    answer = await it.bench.driver.check()
    modes = {5: "continuous", 0: "manual"}
    return {"reading": modes.get(answer[3], f"{answer[3]:02X}")} if answer else {}
