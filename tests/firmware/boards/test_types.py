"""The type check against the published stubs is a real one: it looks at every board's code, and finds a mistake."""

import shutil

import pytest

from scripts.boards.types import check, files
from scripts.firmware_build import ROOT

OF_ESP = {"esp", "esp32", "esp32s3", "esp32c3"}
OF_RP2 = {"rp2", "pico_w", "pico2_w"}


def test_every_module_is_looked_at_for_the_port_it_is_for():
    found = {family: {path.stem for path in files(family)} for family in ("esp", "rp2")}
    assert found["esp"] > OF_ESP
    assert found["rp2"] > OF_RP2
    assert not found["esp"] & OF_RP2
    assert not found["rp2"] & OF_ESP
    assert {"light", "buzzer", "button", "screen", "port", "wifi", "console", "chip"} < found["esp"] & found["rp2"]
    linux = {path.stem for path in (ROOT / "firmware" / "boards").glob("*.py")} - found["esp"] - found["rp2"]
    assert all(name.startswith(("linux", "libc", "serial", "flash_image", "flash_cut", "__init__")) for name in linux)


@pytest.mark.parametrize("family", ["esp", "rp2"])
def test_the_code_as_it_is_fits_the_port(family):
    done = check(family)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "family, module, right, wrong, words",
    [
        ("esp", "button", "self._pin.value()", "self._pin.vlaue()", '"Pin" has no attribute "vlaue"'),
        ("rp2", "button", "machine.Pin.PULL_UP", "machine.Pin.PULLUP", '"type[Pin]" has no attribute "PULLUP"'),
        ("rp2", "buzzer", "self._pwm.freq(", "self._pwm.frequency(", '"PWM" has no attribute "frequency"'),
        ("esp", "port", "rxbuf=", "rx_buffer=", "rx_buffer"),
        ("esp", "esp", "Partition.TYPE_DATA", "Partition.TYPE_SPOOL", "TYPE_SPOOL"),
        ("esp", "esp", "machine.HARD_RESET", "machine.HARDRESET", "HARDRESET"),
        ("rp2", "rp2", "machine.WDT_RESET", "machine.SOFT_RESETS", "SOFT_RESETS"),
        ("rp2", "rp2", "timeout=min", "timeout_ms=min", "timeout_ms"),
        ("rp2", "wifi", "network.country(", "network.contry(", "contry"),
        ("esp", "screen", "freq=_I2C_HZ", "frequency=_I2C_HZ", "I2C"),
        ("rp2", "light", "neopixel.NeoPixel(", "neopixel.NeoPixels(", "NeoPixels"),
        ("esp", "chip", "machine.unique_id()", "machine.uniqueid()", "uniqueid"),
    ],
)
def test_a_deliberate_mistake_is_found(tmp_path, family, module, right, wrong, words):
    shutil.copytree(ROOT / "firmware", tmp_path / "firmware", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "firmware" / "boards" / f"{module}.py"
    source = path.read_text(encoding="utf-8")
    assert right in source
    path.write_text(source.replace(right, wrong, 1), encoding="utf-8")
    done = check(family, tmp_path)
    assert done.returncode == 1
    assert f"{module}.py" in done.stdout
    assert words in done.stdout
