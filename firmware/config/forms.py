# What a type and limits do not say: the forms of texts and lists, and what must fit together. Pure.

from firmware.wire import fields
from firmware.wire.errors import WireError

from .tables import KINDS


def first_bad_form(config):
    # -> "section.key" of the first value that is not in its form, or None
    gate = config.gate
    for name, value, check in (
        ("box_id", config.box_id, _check_id),
        ("marks", config.marks or "-", _check_marks),
        ("wifi", config.wifi, _check_networks),
        ("gate.place", gate.place, _check_name),
        ("gate.gate", gate.gate, _check_name),
        ("gate.control_key", gate.control_key, _check_key),
        ("kinds.take", config.kinds.take, _check_kinds),
        ("test.bad_blocks", config.test.bad_blocks, _check_numbers),
        ("link.gateway", config.link.gateway or config.box_id, _check_id),
    ):
        try:
            check(value)
        except (WireError, ValueError):  # UnicodeError is a ValueError
            return name
    return None


def _check_id(value):
    fields.box_id(fields.to_bytes(value))


def _check_marks(value):
    fields.marks(fields.to_bytes(value))


def _check_name(value):
    _check_only(value, b"abcdefghijklmnopqrstuvwxyz0123456789-")


def _check_key(value):
    _check_only(value, b"0123456789abcdef")
    if len(value) not in (0, 32):
        raise ValueError


def _check_only(value, allowed):
    if value.encode().strip(allowed):
        raise ValueError


def _check_kinds(value):
    for one in value:
        if not isinstance(one, str) or one not in KINDS or value.count(one) > 1:
            raise ValueError


def _check_numbers(value):
    for one in value:
        if not isinstance(one, int) or isinstance(one, bool) or one < 0:
            raise ValueError


def _check_networks(value):
    for one in value:
        if not isinstance(one, list) or [type(text) for text in one] != [str, str]:
            raise ValueError
        ssid_bytes, password_bytes = [len(text.encode()) for text in one]
        if not 1 <= ssid_bytes <= 32 or not (password_bytes == 0 or 8 <= password_bytes <= 63):
            raise ValueError


def first_misfit(config):
    # -> ("section.key", what is wrong with it) of the first value that does not go with another one, or None
    accept, flash, link, update = config.accept, config.flash, config.link, config.update
    for wrong, name, what in (
        (accept.min_bytes > accept.max_bytes, "accept.min_bytes", "is above accept.max_bytes"),
        (flash.size_bytes % flash.block_bytes, "flash.size_bytes", "is no multiple of flash.block_bytes"),
        (link.keepalive_s * 1000 < link.ping_after_ms, "link.ping_after_ms", "is above link.keepalive_s"),
        (update.confirm_s >= update.give_up_s, "update.confirm_s", "is not below update.give_up_s"),
    ):
        if wrong:
            return name, what
    return None
