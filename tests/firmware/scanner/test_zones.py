"""A GM65's zones, as properties. Examples stand in tests/vectors/gm65/settings.json."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.scanner import gm65_setup, settings, zones
from firmware.scanner.line import PROTOCOL, TAIL
from scripts.sim.reader_zones import MODELS, Zones

WANTED = st.fixed_dictionaries(
    {},
    optional={
        "reading": st.sampled_from(sorted(settings.READING)),
        "setup_codes": st.booleans(),
        "sound": st.booleans(),
        "success_light": st.booleans(),
        "same_code_ms": st.integers(0, 12_700),
        "interval_ms": st.integers(300, 25_500),
    },
)


@given(st.binary(min_size=256, max_size=256), WANTED, st.booleans())
def test_what_is_written_settles_from_any_state_and_touches_only_our_bits(
    state: bytes, wanted: dict[str, object], protocol: bool
) -> None:
    found = dict(enumerate(state))
    goals = zones.targets(settings.complete(wanted), protocol)
    writes, names = zones.different(found, goals)
    after = {**found, **dict(writes)}
    assert zones.different(after, goals) == ([], [])
    assert bool(writes) == bool(names)
    for zone in found:
        ours = 0
        for _, one, mask, _ in goals:
            ours |= mask if one == zone else 0
        assert (found[zone] ^ after[zone]) & ~ours == 0


@given(WANTED)
def test_the_module_understands_the_zones_as_they_were_meant(wanted: dict[str, object]) -> None:
    full = settings.complete(wanted)
    module = Zones(MODELS["gm861"])
    found = dict(enumerate(module.now))
    for zone, value in zones.different(found, zones.targets(full, True))[0]:
        module.write(zone, bytes((value,)))
    assert (module.reading, module.is_protocol, module.is_deaf) == (full["reading"], True, False)
    assert module.takes_setup_codes == full["setup_codes"]
    assert module.interval_s * 1000 == full["interval_ms"] // 100 * 100
    assert module.same_code_s * 1000 == full["same_code_ms"] // 100 * 100


def test_the_framing_is_read_from_the_format_zone() -> None:
    assert gm65_setup.framing(0x80) == (PROTOCOL, b"")
    assert gm65_setup.framing(0x01) == (TAIL, b"\r")
    assert gm65_setup.framing(0x21) == (TAIL, b"\r\n")
    assert gm65_setup.framing(0x41) == (TAIL, b"\t")
    assert gm65_setup.framing(0x00) == (TAIL, b"")
