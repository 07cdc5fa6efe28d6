"""A page for each build, in Vietnamese and in English: parts, wiring, power, and what to heed. Numbers are computed."""

from collections.abc import Iterator
from pathlib import Path

from scripts.drawing.bills import cost_vnd
from scripts.drawing.builds import INPUTS, Build, load, rate
from scripts.drawing.generator import Generator
from scripts.drawing.netlist import Netlist, Pin, netlist
from scripts.drawing.page_words import COLOURS, LANGUAGES, RAILS, money, number, say
from scripts.drawing.power import LENGTHS_M, MARGIN_V, Budget, budget, cables
from scripts.tram.release.known import KNOWN

NOTE = "Written by scripts/draw from boards.toml, parts.toml, build.toml and bom.csv: change it there."
LEAST_TX_V, MOST_TX_V = 2.6, 3.5


def make(root: Path) -> dict[str, bytes]:
    pages = {}
    for build in load(root):
        for language in LANGUAGES:
            text = "\n".join(page(build, language, root)) + "\n"
            pages[f"hardware/builds/{build.name}/guide.{language}.md"] = text.encode()
    return pages


def page(build: Build, language: str, root: Path) -> Iterator[str]:
    yield from (f"# {build.title[language]}", "", f"<!-- {NOTE} -->", "")
    yield from (say("other", language), "", say("all", language), "")
    yield from _before(build, language)
    yield from _parts(build, language, root)
    nets = netlist(build)
    yield from _wires(nets, language)
    yield from _joints(nets, build, language)
    told = budget(build, root)
    yield from _power(build, told, language)
    yield from _cables(build, language, root)
    if build.board.frozen:
        yield from _frozen(build, language)
    yield from (f"## {say('test', language)}", "", say("test.text", language), "")
    yield from (f"## {say('sources', language)}", "", say("sources.text", language), "")
    yield from dict.fromkeys(f"- {draw.part}: {draw.source}." for draw in told.draws)
    yield f"- {build.board_part['part']}: {build.board_part['source']}."
    for part in (build.board_part["regulator"], build.regulator, build.supply, build.fuse):
        if part:
            yield f"- {part.get('part') or part['name']}: {part['source']}."


def _before(build: Build, language: str) -> Iterator[str]:
    low, high = build.reader_part["supply_v"]
    pins = build.board.pins
    yield from (f"## {say('before', language)}", "")
    if build.board_part["never_both"]:
        yield f"- {say('before.both', language)}"
    yield "- " + say("before.names", language, low=number(low, language, 1), high=number(high, language, 1))
    levels = {"low": number(LEAST_TX_V, language, 1), "high": number(MOST_TX_V, language, 1)}
    yield "- " + say("before.tx", language, **levels)
    yield "- " + say("before.cross", language, rx=pins["uart.rx"], tx=pins["uart.tx"])
    yield ""


def _frozen(build: Build, language: str) -> Iterator[str]:
    name, known = build.board.name, KNOWN[build.board.name]
    yield from (f"## {say('frozen', language)}", "", say("frozen.text", language), "")
    yield from (say("frozen.how", language, built=known.built, example=known.example), "", "```")
    yield f"scripts/build-firmware --board {name} --key fleet.pem --version N --out OUT"
    yield from (known.command, "```", "")


def _parts(build: Build, language: str, root: Path) -> Iterator[str]:
    yield from (f"## {say('parts', language)}", "", say("parts.head", language), "|---|---|---|---|---|---|")
    for row in build.bom:
        price = money(row.price_vnd, language)
        cells = (
            " ".join(row.refs) or "–",
            row.part,
            str(row.quantity),
            price,
            row.use[language],
            row.alternatives[language],
        )
        yield f"| {' | '.join(cell or '–' for cell in cells)} |"
    vnd = cost_vnd(build)
    total = {"vnd": money(vnd, language), "usd": round(vnd / rate(root)), "as_of": build.bom[0].as_of}
    yield from ("", say("parts.total", language, **total), "")


def _wires(nets: Netlist, language: str) -> Iterator[str]:
    title = say("wiring", language)
    yield from (f"## {title}", "", f"![{title}](wiring.svg)", "", say("wiring.text", language), "")
    yield from (say("wiring.head", language), "|---|---|---|---|---|")
    for wire in sorted(nets.wires, key=lambda wire: int(wire.cable[1:] or 0)):
        if wire.cable:
            length_m, awg = nets.cables[wire.cable]
            colour = COLOURS[wire.colour][LANGUAGES.index(language)]
            ends = f"{_place(nets, wire.start)} | {_place(nets, wire.end)}"
            yield f"| {wire.cable} | {colour} | {ends} | {number(length_m, language)} m, AWG {awg} |"
    yield ""


def _joints(nets: Netlist, build: Build, language: str) -> Iterator[str]:
    title = say("perfboard", language)
    text = "perfboard" + (".text" if build.light_part["kind"] == "ws2812" else ".array")
    yield from (f"## {title}", "", f"![{title}](perfboard.svg)", "", say(text, language), "")
    yield from (say("perfboard.head", language), "|---|---|")
    for wire in nets.wires:
        if not wire.cable:
            yield f"| {_place(nets, wire.start)} | {_place(nets, wire.end)} |"
    yield ""


def _place(nets: Netlist, pin: Pin) -> str:
    """ "A1 J3-9 (IO6 · uart.rx)"; the name in brackets is left away where it says nothing more."""
    label = nets.nodes[pin[0]].pins[pin[1]]
    return f"{pin[0]} {pin[1]}" + (f" ({label})" if label != pin[1] else "")


def _power(build: Build, told: Budget, language: str) -> Iterator[str]:
    which = LANGUAGES.index(language)
    yield from (f"## {say('power', language)}", "", say("power.text", language), "")
    yield from (say("power.head", language), "|---|---|---|---|")
    for draw in told.draws:
        yield f"| {draw.part} | {RAILS[draw.rail][which]} | {draw.peak:.0f} | {draw.mean:.0f} |"
    yield f"| {say('power.sum', language)} | 5 V | **{told.peak:.0f}** | **{told.mean:.0f}** |"
    facts = {
        "awg": build.awg,
        "m": number(build.length_m, language, 1),
        "ohm": number(told.loop_ohm, language),
        "supply": number(build.supply["volts"][0], language),
        "arrives": number(told.rail_v[0], language),
    }
    yield from ("", say("power.cable", language, **facts), "")
    yield from (say("needs.head", language), "|---|---|---|")
    for need in told.needs:
        spare = number(told.margin_v(need), language)
        yield f"| {need.part} | {number(need.least_v, language)} V | {spare} V |"
    yield from ("", say("regulators.head", language), "|---|---|---|---|")
    for one in told.regulators:
        heat = f"{number(one.heat_w, language)} W (≤ {number(one.heat_limit_w, language, 1)} W)"
        yield f"| {one.name} | {one.peak:.0f} mA | {one.limit:.0f} mA | {heat} |"
    yield ""


def _cables(build: Build, language: str, root: Path) -> Iterator[str]:
    yield from (f"### {say('cables', language)}", "")
    yield from (say("cables.text", language, margin=number(MARGIN_V, language, 1)), "")
    yield "| AWG | " + " | ".join(f"{number(m, language, 0)} m" for m in LENGTHS_M) + " |"
    yield "|---|" + "---|" * len(LENGTHS_M)
    for awg, row in cables(build, root).items():
        cells = [number(spare, language) + ("" if spare >= MARGIN_V else " ✗") for spare in row.values()]
        yield f"| {awg} | {' | '.join(cells)} |"
    yield ""


KNOWN_FILE = "scripts/tram/release/known.py"
_CODE = ("bills", "builds", "netlist", "page_words", "pages", "power")
GENERATORS = (
    Generator(
        "pages",
        (*INPUTS, "hardware/builds/*/bom.csv", *(f"scripts/drawing/{name}.py" for name in _CODE), KNOWN_FILE),
        ("hardware/builds/*/guide.*.md",),
        make,
        quick=True,
    ),
)
