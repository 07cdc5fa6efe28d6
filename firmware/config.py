# The box's settings: one typed value from one file, read once, validated whole, and handed out in pieces.
#
# 1. An unknown key, a value of the wrong type or out of its limits refuses the whole file, with its name and line.
# 2. What is not in the file has the default from the table below.
# 3. The password is shown nowhere: neither by repr nor in an error.

import json

from firmware.wire import fields
from firmware.wire.errors import WireError
from firmware.wire.record import MAX_CODE_BYTES

_DAY_MS = 86400000
_U32_MAX = 4294967295

# key -> (type, default, least, most); for text, least and most are lengths. A default of None: the key is required.
_TOP = {"box_id": (str, None, 3, 32), "password": (str, None, 1, 128), "marks": (str, "", 0, 64)}
_SECTIONS = {
    "accept": {
        "repeat_window_ms": (int, 3000, 0, 3600000),
        "min_bytes": (int, 1, 1, MAX_CODE_BYTES),
        "max_bytes": (int, MAX_CODE_BYTES, 1, MAX_CODE_BYTES),
    },
    "flash": {
        "size_bytes": (int, 1048576, 196608, 1 << 30),
        "block_bytes": (int, 4096, 4096, 65536),
        "limit_bytes": (int, 0, 0, 1 << 30),  # 0: what the spool thinks right for this size
    },
    "link": {
        "host": (str, "gateway.local", 1, 253),
        "port": (int, 1883, 1, 65535),
        "name_server": (str, "", 0, 64),  # address or address:port; empty: what the network says
        "hosts_file": (str, "/etc/hosts", 0, 256),
        "resolve_ms": (int, 1500, 100, 60000),
        "connect_ms": (int, 4000, 100, 60000),
        "answer_ms": (int, 5000, 100, 60000),
        "keepalive_s": (int, 10, 2, 3600),
        "ping_after_ms": (int, 4000, 100, _DAY_MS),
        "dead_after_ms": (int, 5000, 100, _DAY_MS),
        "retry_first_ms": (int, 400, 10, 60000),
        "retry_cap_ms": (int, 30000, 100, _DAY_MS),
        "stable_ms": (int, 10000, 0, _DAY_MS),
        "max_in_flight": (int, 8, 1, 64),
        "window_bytes": (int, 65536, 4096, 1 << 20),
        "window_messages": (int, 16, 1, 64),
        "pack_bytes": (int, 8192, 4096, 32768),
        "pack_records": (int, 128, 1, 128),
        "patience_ms": (int, 5000, 100, _DAY_MS),
        "patience_cap_ms": (int, 60000, 100, _DAY_MS),
        "answer_wait_ms": (int, 500, 0, 60000),
        "status_every_ms": (int, 60000, 2000, _DAY_MS),
        "heard_spread_ms": (int, 300, 0, 60000),
        "no_gateway_after_ms": (int, 10000, 100, _DAY_MS),
    },
    "test": {
        "cut_after_ops": (int, 0, 0, _U32_MAX),  # 0: never
        "control": (str, "", 0, 1024),  # a file: its content is the number of further flash operations before the cut
    },
}


class ConfigError(Exception):
    def __init__(self, code, detail):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self):
        return f"{self.code}: {self.detail}"


class Section:
    # Values as attributes. Its repr masks what must not be seen.

    def __repr__(self):
        shown = [f"{key}={'***' if key == 'password' else repr(value)}" for key, value in self.__dict__.items()]
        return "Section(" + ", ".join(shown) + ")"


def load(path):
    try:
        with open(path) as file:
            text = file.read()
    except (OSError, UnicodeError) as bad:
        raise ConfigError("config_file", f"{path}: {bad}")
    return parse(text)


def parse(text):
    try:
        given = json.loads(text)
    except (ValueError, RuntimeError):  # MicroPython: RuntimeError for nesting too deep
        raise ConfigError("config_json", "not JSON")
    if not isinstance(given, dict) or text.rstrip()[-1:] != "}":
        raise ConfigError("config_json", "not a JSON object")
    config = _section(text, "", {k: v for k, v in given.items() if k not in _SECTIONS and k != "reader"}, _TOP)
    for name, table in _SECTIONS.items():
        setattr(config, name, _section(text, name + ".", _object(text, given, name), table))
    config.reader = _object(text, given, "reader")
    _check(text, config)
    return config


def _object(text, given, name):
    value = given.get(name, {})
    if not isinstance(value, dict):
        raise ConfigError("config_type", _where(text, name, name) + " is not an object")
    return value


def _section(text, prefix, given, table):
    for key in given:
        if key not in table:
            raise ConfigError("config_unknown", _where(text, prefix + key, key))
    section = Section()
    for key, (kind, default, least, most) in table.items():
        value = given.get(key, default)
        if value is None:
            raise ConfigError("config_missing", prefix + key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ConfigError("config_type", _where(text, prefix + key, key))
        if not least <= (len(value) if kind is str else value) <= most:
            raise ConfigError("config_range", f"{_where(text, prefix + key, key)}: {least} to {most}")
        setattr(section, key, value)
    return section


def _check(text, config):
    for key, rule in (("box_id", fields.box_id), ("marks", fields.marks)):
        try:
            rule(fields.to_bytes(getattr(config, key) or "-"))
        except WireError:
            raise ConfigError("config_form", _where(text, key, key))
    if config.accept.min_bytes > config.accept.max_bytes:
        raise ConfigError("config_range", "accept.min_bytes is above accept.max_bytes")
    if config.flash.size_bytes % config.flash.block_bytes:
        raise ConfigError("config_range", "flash.size_bytes is no multiple of flash.block_bytes")
    if config.link.keepalive_s * 1000 < config.link.ping_after_ms:
        raise ConfigError("config_range", "link.ping_after_ms is above link.keepalive_s")


def _where(text, name, key):
    at = text.find(f'"{key}"')
    return name if at < 0 else f"{name} (line {text[:at].count(chr(10)) + 1})"
