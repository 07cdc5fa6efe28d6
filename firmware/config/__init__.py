# The box's settings: one typed value from one file, read once, validated whole, and handed out in pieces.
#
# 1. An unknown key, a value of the wrong type or out of its limits refuses the whole file, with its name and line.
# 2. What is not in the file has the default from tables.py.
# 3. What others wish for a box (SPEC §11) is laid over what the box was given when it was provisioned, section by
#    section, key by key. Who the box is, how it proves it and what its flash looks like are not settable: a wish that
#    names them is refused whole.
# 4. Passwords and keys are shown nowhere: neither by repr nor in an error.
#
# The tables are large: who has read what it needs lets this package go (firmware/modules.py).

import json

from .forms import first_bad_form, first_misfit
from .section import Section
from .tables import NOT_SETTABLE, NOT_SETTABLE_KEYS, SECTIONS, TOP

_source = ""


class ConfigError(Exception):
    # `key`: the name of what is wrong, as in "link.port"; empty where there is none.
    def __init__(self, code, detail, key=""):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.key = key

    def __str__(self):
        return f"{self.code}: {self.detail}"


def load(path):
    return parse(_text(path))


def load_object(path):
    # -> what stands in the file, as a dict that nobody has judged yet. Who reads it later still tells its lines.
    global _source
    _source = _text(path)
    return _json(_source)


def _text(path):
    try:
        with open(path) as file:
            return file.read()
    except (OSError, UnicodeError) as bad:
        raise ConfigError("config_file", f"{path}: {bad}")


def parse(text):
    return read(_json(text), text)


def settle(base, text):
    # -> the settings that a box with `base` (a dict, as in its file) has when it does what the wish `text` says
    wish = _json(text)
    for key, value in wish.items():
        if key in NOT_SETTABLE:
            _refuse("config_not_settable", text, "", key)
        for inner in value if isinstance(value, dict) else ():
            if inner in NOT_SETTABLE_KEYS.get(key, ()):
                _refuse("config_not_settable", text, key + ".", inner)
    return read(combine(base, wish), text)


def combine(base, settings):
    whole = dict(base)
    for key, value in settings.items():
        if isinstance(value, dict) and isinstance(whole.get(key), dict):
            whole[key] = dict(whole[key])
            whole[key].update(value)
        else:
            whole[key] = value
    return whole


def read(given, text=""):
    # `text`: where the lines of what is wrong are looked up
    config = _section(text, "", {k: v for k, v in given.items() if k not in SECTIONS and k != "reader"}, TOP)
    for name, table in SECTIONS.items():
        setattr(config, name, _section(text, name + ".", _object(text, given, name), table))
    config.reader = _object(text, given, "reader")
    name = first_bad_form(config)
    if name:
        prefix, dot, key = name.rpartition(".")
        _refuse("config_form", text, prefix + dot, key)
    misfit = first_misfit(config)
    if misfit:
        raise ConfigError("config_range", " ".join(misfit), misfit[0])
    return config


def _json(text):
    try:
        given = json.loads(text)
    except (ValueError, RuntimeError):  # MicroPython: RuntimeError for nesting too deep
        raise ConfigError("config_json", "not JSON")
    if not isinstance(given, dict) or text.rstrip()[-1:] != "}":
        raise ConfigError("config_json", "not a JSON object")
    return given


def _object(text, given, name):
    value = given.get(name, {})
    if not isinstance(value, dict):
        _refuse("config_type", text, "", name, " is not an object")
    return value


def _section(text, prefix, given, table):
    for key in given:
        if key not in table:
            _refuse("config_unknown", text, prefix, str(key))
    section = Section()
    for key, rule in table.items():
        value = given.get(key, rule[1])
        if value is None:
            raise ConfigError("config_missing", prefix + key, prefix + key)
        wrong = _wrong(value, rule) if key in given else None
        if wrong:
            limits = f": {rule[2]} to {rule[3]}" if wrong == "config_range" else ""
            _refuse(wrong, text, prefix, key, limits)
        setattr(section, key, list(value) if rule[0] is list else value)
    return section


def _wrong(value, rule):
    # -> the code, or None
    kind = rule[0]
    if kind is bool:
        return None if value is True or value is False else "config_type"
    if isinstance(kind, tuple):
        if not isinstance(value, str):
            return "config_type"
        return None if value in kind else "config_choice"
    if not isinstance(value, kind) or isinstance(value, bool):
        return "config_type"
    try:
        size = value if kind is int else len(value if kind is list else value.encode())
    except UnicodeError:  # half of a surrogate pair
        return "config_form"
    return None if rule[2] <= size <= rule[3] else "config_range"


def _refuse(code, text, prefix, key, more=""):
    text = text or _source
    at = text.find(f'"{key}"')
    line = "" if at < 0 else f" (line {text[:at].count(chr(10)) + 1})"
    raise ConfigError(code, prefix + key + line + more, prefix + key)
