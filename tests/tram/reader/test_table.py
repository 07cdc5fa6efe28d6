"""hardware/readers and firmware/scanner say the same of every module, and of what the box wants of it."""

import pytest

from firmware.scanner import de2120, gm65, m5qr, settings, zones
from scripts.sim.reader_zones import DIVISORS, MODELS
from scripts.tram.reader import table
from scripts.tram.reader.table import Zone

ZONED = ["gm6x", "gm65", "gm60", "gm861"]
COMMANDED = ["de2120", "m5qr"]
OURS = {"header"}
"""What the box needs of one model alone."""


def wants(model: str, has_protocol: bool) -> set[tuple[str, int, int, int]]:
    """As firmware/scanner/zones.py has them: by the zone of one byte."""
    found = set()
    for zone in table.model(model).zones:
        for want in zone.wanted if has_protocol or not zone.instead else zone.instead:
            if zone.at != gm65.ZONE_BAUD and want.name not in OURS:
                shift = 8 * (zone.count - 1)
                found.add((want.name, zone.at, want.mask >> shift, want.value >> shift))
    return found


@pytest.mark.parametrize("model", ZONED)
@pytest.mark.parametrize("has_protocol", [True, False])
def test_what_is_wanted_of_a_zone_is_what_the_firmware_writes(model: str, has_protocol: bool) -> None:
    assert wants(model, has_protocol) == set(zones.targets(settings.complete({}), has_protocol))


def test_a_gm60_alone_is_wanted_to_begin_its_codes_with_03_and_the_firmware_writes_that_too() -> None:
    found = {
        name: [
            (want.name, zone.at, want.mask, want.value)
            for zone in table.model(name).zones
            for want in zone.wanted
            if want.name in OURS
        ]
        for name in ZONED
    }
    assert found == {**{name: [] for name in ZONED}, "gm60": [zones.HEADER]}


def test_the_speeds_are_the_firmwares_and_the_emulators() -> None:
    zone, field = table.model("gm6x").field("baud")
    assert {int(value.word): value.raw for value in field.values} == gm65.BAUD_DIVISORS
    assert {value.raw: int(value.word) for value in field.values} == DIVISORS
    assert zone.at == gm65.ZONE_BAUD
    wanted = next(want.value for want in zone.wanted)
    assert wanted == gm65.BAUD_DIVISORS[settings.DEFAULTS["baud"]]


def test_the_zones_that_the_firmware_names_are_the_ones_described() -> None:
    named = {
        "reading": gm65.ZONE_MODE, "trigger": gm65.ZONE_TRIGGER, "setup_codes": gm65.ZONE_SETUP_CODES,
        "interval_ms": gm65.ZONE_INTERVAL, "sleep": gm65.ZONE_SLEEP, "output": gm65.ZONE_OUTPUT,
        "same_code_ms": gm65.ZONE_SAME_CODE, "baud": gm65.ZONE_BAUD, "protocol": gm65.ZONE_FORMAT,
        "special": gm65.ZONE_SPECIAL, "version": gm65.ZONE_MODEL,
    }  # fmt: skip
    for model in ZONED:
        for name, at in named.items():
            assert table.model(model).field(name)[0].at == at


def test_the_ways_of_reading_are_numbered_as_in_the_firmware() -> None:
    _, field = table.model("gm65").field("reading")
    assert {value.word: value.raw for value in field.values} == settings.READING


@pytest.mark.parametrize("model", ["gm65", "gm861"])
def test_what_a_module_ships_with_is_what_the_emulator_has(model: str) -> None:
    shipped = bytes(MODELS[model].shipped.get(at, 0) for at in range(256))
    for zone in table.model(model).zones:
        assert zone.shipped is None or zone.number(shipped) == zone.shipped


def test_what_tells_the_models_apart_is_what_the_firmware_goes_by() -> None:
    assert table.model("gm65").model_byte == gm65.MODEL_GM65
    assert table.told_apart(bytes((gm65.MODEL_GM65, 0, 0, 0, 0, 0)), False) == "gm65"
    assert table.told_apart(bytes((0x15, 0, 0, 0, 0, 0)), True) == "gm861"
    assert table.told_apart(bytes((0x15, 0, 0, 0, 0, 0)), False) == "gm6x"


@pytest.mark.parametrize("name", ["gm65", "gm861"])
def test_the_defaults_are_what_the_emulator_takes_for_them(name: str) -> None:
    assert table.model(name).defaults == MODELS[name].defaults_command


def test_a_model_whose_defaults_nobody_has_published_has_none() -> None:
    assert {name for name in table.names() if table.model(name).defaults is None} == {"gm60", "gm67", "gm6x", "m5qr"}


@pytest.mark.parametrize("model", ZONED)
def test_no_zone_is_described_twice_and_no_bit_of_one_has_two_meanings(model: str) -> None:
    seen: set[int] = set()
    for zone in table.model(model).zones:
        own = set(range(zone.at, zone.at + zone.count))
        assert not own & seen
        assert max(own) < table.ZONES
        seen |= own
        used = 0
        for field in zone.fields:
            assert not used & field.mask
            assert field.mask < 1 << 8 * zone.count
            used |= field.mask


@pytest.mark.parametrize("model", ZONED)
def test_every_setting_has_one_name_and_both_languages(model: str) -> None:
    names = [field.name for zone in table.model(model).zones for field in zone.fields]
    assert len(names) == len(set(names))
    for zone in table.model(model).zones:
        for field in zone.fields:
            assert field.vi
            assert field.en
            assert all(value.vi and value.en for value in field.values)


@pytest.mark.parametrize("model", ZONED)
def test_each_value_of_a_setting_comes_back_as_the_word_that_set_it(model: str) -> None:
    for zone in table.model(model).zones:
        for field in zone.fields:
            for value in field.values:
                number = field.set(0, value.word)
                assert field.word(number) == value.word
                assert number & ~field.mask == 0


@pytest.mark.parametrize("name", sorted(table.names()))
def test_whatever_is_said_of_a_module_names_its_source(name: str) -> None:
    model = table.model(name)
    assert model.sources
    assert all(model.sources.values())
    letters = [zone.source[0] for zone in model.zones]
    letters += [command.source for command in model.commands] + [code.source for code in model.codes]
    assert set(letters) <= set(model.sources)


@pytest.mark.parametrize("format_zone, missing", [(0x80, 0), (0x21, 0), (0x01, 1), (0x00, 1)])
def test_a_module_that_does_what_its_manual_does_not_know_is_as_the_box_wants_it(
    format_zone: int, missing: int
) -> None:
    zone = table.model("gm65").of_zone[0x0060]
    zones = bytearray(256)
    zones[0x0060] = format_zone
    assert len(zone.differs(bytes(zones), table.model("gm65").has_protocol)) == missing


@pytest.mark.parametrize("name", ["gm65", "gm861", "gm60"])
def test_the_commands_on_the_sheet_leave_a_module_as_the_box_wants_it(name: str) -> None:
    model = table.model(name)
    after = bytearray(256)
    for frame in model.frames:
        if frame.write is not None:
            data = bytes.fromhex(frame.data)
            after[frame.write : frame.write + len(data)] = data
    assert [zone.at for zone in model.zones if zone.differs(bytes(after), model.has_protocol)] == []


def test_the_commands_on_the_sheet_are_those_of_the_manuals_examples() -> None:
    frames = {frame.sent.hex(" ").upper() for frame in (*table.model("gm65").frames, *table.model("gm861").frames)}
    assert frames >= {
        "7E 00 08 01 00 02 01 02 DA",
        "7E 00 08 01 00 0D A0 B7 2F",
        "7E 00 08 01 00 0D 00 02 C5",
        "7E 00 08 01 00 03 02 01 88",
        "7E 00 08 01 00 60 21 4B F0",
        "7E 00 08 02 00 2A 1A 00 E4 7E",
        "7E 00 07 01 00 E0 06 61 14",
        "7E 00 09 01 00 00 00 DE C8",
    }


def test_the_commands_of_a_de2120_are_the_ones_that_the_firmware_sends() -> None:
    wanted = settings.complete({})
    sent = {
        de2120.reading(wanted["reading"]), de2120.same_code(wanted["same_code_ms"]), de2120.utf8(),
        de2120.switch(b"CIDENA", False), de2120.switch(b"BEPSUC", wanted["sound"]), de2120.baud(wanted["baud"]),
    }  # fmt: skip
    commands = [command for command in table.model("de2120").commands if command.wanted]
    ours = {
        de2120.command(str(value.raw).encode())
        for command in commands
        for value in command.values
        if value.word == command.wanted
    }
    assert ours == sent
    motion = table.model("de2120").command("motion")
    assert motion is not None
    for value in motion.values:
        assert de2120.command(str(value.raw).encode()) == de2120.motion(int(value.word))
    baud = table.model("de2120").command("baud")
    assert baud is not None
    assert {int(value.word): str(value.raw)[-1:].encode() for value in baud.values} == de2120.BAUDS


def test_the_commands_of_an_m5_unit_are_the_ones_that_the_firmware_sends() -> None:
    command = table.model("m5qr").command("reading")
    assert command is not None
    sent = {value.word: bytes.fromhex(str(value.raw)) for value in command.values}
    assert sent == {"manual": m5qr.mode(m5qr.MANUAL), "continuous": m5qr.mode(m5qr.AUTO)}


def field(name: str) -> tuple[Zone, table.Field]:
    return table.model("gm60").field(name)


@pytest.mark.parametrize(
    "name, word",
    [
        ("same_code_ms", "250"),
        ("same_code_ms", "12800"),
        ("same_code_ms", "-100"),
        ("same_code_ms", "1e3"),
        ("same_code_ms", "٣٠٠"),
        ("same_code_ms", ""),
        ("interval_ms", "25600"),
        ("interval_ms", "300s"),
        ("sound", "yes"),
        ("sound", "1"),
        ("reading", "Continuous"),
        ("reading", "5"),
        ("baud", "115201"),
        ("baud", "0"),
        ("tail", "lf"),
        ("prefix_length", "16"),
    ],
)
def test_a_value_that_a_setting_cannot_have_is_no_value(name: str, word: str) -> None:
    with pytest.raises(ValueError):
        field(name)[1].set(0, word)


@pytest.mark.parametrize(
    "name, word, number",
    [
        ("same_code_ms", "2000", 0x94),
        ("same_code_ms", "2000ms", 0x94),
        ("same_code_ms", "0", 0x00),
        ("same_code_ms", "never", 0x80),
        ("interval_ms", "300", 0x03),
        ("sleep_after_ms", "30000", 0x012C),
        ("beep_hz", "2000 hz", 0x64),
        ("single_read_ms", "endless", 0x00),
        ("baud", "9600", 0x0139),
        ("reading", "sensing", 0x03),
        ("tail", "crlf", 0x20),
    ],
)
def test_a_value_is_the_bits_that_the_manual_says(name: str, word: str, number: int) -> None:
    assert field(name)[1].set(0, word) == number


def test_setting_one_field_leaves_the_others_of_its_zone() -> None:
    assert field("sound")[1].set(0xD6, "off") == 0x96
    assert field("reading")[1].set(0xFF, "manual") == 0xFC


def test_there_is_no_model_of_a_name_that_is_a_path() -> None:
    for name in ("", "../boards", "gm65.toml", "GM65", "gm66"):
        with pytest.raises(KeyError):
            table.model(name)
