# What is wished for a box: all of it, under a version (SPEC §11).

from collections import namedtuple

from . import fields, sealed
from .errors import WireError
from .fields import U32_MAX

MAX_SETTINGS_BYTES = 8192

# `body`: bytes of a JSON object. What may stand in it is the box's own business (firmware/config).
Settings = namedtuple("Settings", ("box_id", "version", "body"))


def encode(settings: Settings) -> bytes:
    if len(settings.body) > MAX_SETTINGS_BYTES:
        raise WireError("too_long", "settings too long")
    sealed.object_of(settings.body)
    head = [
        "1 settings",
        fields.box_id(fields.to_bytes(settings.box_id)),
        fields.put_uint(settings.version, U32_MAX, 1),
    ]
    return sealed.encode(head, settings.body)


def decode(data: bytes) -> Settings:
    head, body = sealed.decode(data, b"settings", 2, MAX_SETTINGS_BYTES)
    settings = Settings(fields.box_id(head[0]), fields.uint(head[1], U32_MAX, 1), body)
    sealed.object_of(body)
    return settings
