"""A reader is the same one under whatever number the kernel gives it; two that claim to be the same are told apart."""

import pytest

from gateway.readers import devices
from gateway.readers.devices import find, is_pattern


class Machine:
    """/dev and /sys as a kernel would fill them."""

    def __init__(self, folder) -> None:
        self.dev, self.sys = folder / "dev", folder / "sys"
        (self.dev / "serial/by-id").mkdir(parents=True)
        (self.dev / "serial/by-path").mkdir()
        (self.sys / "class/tty").mkdir(parents=True)
        (self.sys / "class/input").mkdir()

    def plug(self, name: str, port: str, serial: str, vendor: str = "1a86", kind: str = "tty", link: str = "") -> str:
        usb = self.sys / "devices/usb1" / port
        interface = usb / f"{port}:1.0"
        (interface / kind / name).mkdir(parents=True)
        (usb / "idVendor").write_text(f"{vendor}\n")
        (usb / "idProduct").write_text("7523\n")
        if serial:
            (usb / "serial").write_text(f"{serial}\n")
        (interface / "bInterfaceNumber").write_text("00\n")
        node = self.sys / "class" / kind / name
        node.mkdir()
        (node / "device").symlink_to(interface)
        path = self.dev / name
        path.write_text("")
        if link:
            there = self.dev / "serial" / link
            there.unlink(missing_ok=True)
            there.symlink_to(path)
        return str(path)

    def unplug(self, name: str, port: str, kind: str = "tty") -> None:
        import shutil

        shutil.rmtree(self.sys / "class" / kind / name)
        shutil.rmtree(self.sys / "devices/usb1" / port)
        (self.dev / name).unlink()

    def find(self, *patterns: str, known=None):
        return find([str(self.dev / one) for one in patterns], known or {}, self.sys)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_reader_with_a_serial_number_stays_itself_when_it_is_numbered_anew(machine):
    machine.plug("ttyACM0", "1-1.2", "GM0001")
    (before,) = machine.find("ttyACM*")
    machine.unplug("ttyACM0", "1-1.2")
    machine.plug("ttyACM1", "1-1.3", "GM0001")
    (after,) = machine.find("ttyACM*")
    assert before.key == after.key == "usb-1a86:7523-GM0001-00"
    assert before.path != after.path
    assert after.is_guess


def test_a_reader_without_one_is_known_by_its_port(machine):
    machine.plug("ttyUSB0", "1-1.2", "")
    (before,) = machine.find("ttyUSB*")
    machine.unplug("ttyUSB0", "1-1.2")
    machine.plug("ttyUSB7", "1-1.2", "")
    (same,) = machine.find("ttyUSB*")
    machine.unplug("ttyUSB7", "1-1.2")
    machine.plug("ttyUSB0", "1-1.4", "")
    (other,) = machine.find("ttyUSB*")
    assert before.key == same.key == "usb-1a86:7523@1-1.2:00"
    assert other.key != before.key


def test_a_name_in_by_id_is_the_readers_own_and_one_without_a_serial_number_is_not(machine):
    machine.plug("ttyACM0", "1-1", "GM0001", link="by-id/usb-GM_GM0001-if00")
    machine.plug("ttyUSB0", "1-2", "", link="by-id/usb-1a86_USB_Serial-if00-port0")
    found = {device.path.rpartition("/")[2]: device.key for device in machine.find("serial/by-id/*")}
    assert found["usb-GM_GM0001-if00"] == "usb-GM_GM0001-if00"
    assert found["usb-1a86_USB_Serial-if00-port0"] == "usb-1a86:7523@1-2:00"


def test_a_name_in_by_path_is_the_port(machine):
    machine.plug("ttyACM0", "1-1", "GM0001", link="by-path/platform-usb-0:1.1:1.0")
    (one,) = machine.find("serial/by-path/*")
    assert one.key == "platform-usb-0:1.1:1.0"


def test_one_device_that_two_settings_name_is_one_reader_and_the_plain_name_is_no_guess(machine):
    path = machine.plug("ttyACM0", "1-1", "GM0001", link="by-id/usb-GM_GM0001-if00")
    (one,) = machine.find("ttyACM*", "serial/by-id/*", "ttyACM0")
    assert one.path == path
    assert not one.is_guess


def test_two_with_the_same_serial_number_are_told_apart_by_their_ports(machine):
    machine.plug("ttyACM0", "1-1", "0001")
    (alone,) = machine.find("ttyACM*")
    machine.plug("ttyACM1", "1-2", "0001")
    first, second = machine.find("ttyACM*", known={alone.key: "1-1:00"})
    assert {first.key, second.key} == {alone.key, f"{alone.key}@1-2:00"}
    assert first.is_twin
    assert second.is_twin
    plain = next(device for device in (first, second) if device.key == alone.key)
    assert plain.port == "1-1:00"


def test_of_two_with_the_same_serial_number_the_one_whose_port_is_known_keeps_its_name(machine):
    machine.plug("ttyACM0", "1-1", "0001")
    machine.plug("ttyACM1", "1-2", "0001")
    key = "usb-1a86:7523-0001-00"
    for port in ("1-1:00", "1-2:00"):
        found = {device.key: device.port for device in machine.find("ttyACM*", known={key: port})}
        assert found[key] == port
        assert len(found) == 2


def test_a_uart_is_known_by_its_path(machine):
    (machine.dev / "ttyAMA0").write_text("")
    (one,) = machine.find("ttyAMA0")
    assert one.key == one.path
    assert one.port == ""


def test_a_keyboard_is_named_like_a_serial_reader(machine):
    machine.plug("event3", "1-1.4", "HID9", kind="input")
    (one,) = machine.find("event*")
    assert one.key == "usb-1a86:7523-HID9-00"


def test_what_is_not_there_is_not_found_and_a_link_to_nothing_neither(machine):
    (machine.dev / "serial/by-id/usb-gone").symlink_to(machine.dev / "ttyACM9")
    assert machine.find("ttyACM*", "serial/by-id/*", "nothing", "[") == []


@pytest.mark.parametrize("setting, pattern", [("/dev/ttyACM0", False), ("/dev/ttyACM*", True), ("/dev/tty[AU]*", True)])
def test_a_pattern_is_told_from_a_name(setting, pattern):
    assert is_pattern(setting) == pattern


def test_sysfs_that_says_nothing_is_no_usb(tmp_path):
    assert devices.usb_of("/dev/ttyACM0", tmp_path) is None
