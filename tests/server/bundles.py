"""Bundles of firmware for the tests: small, and signed by a key that is made here."""

import functools
import hashlib
import io
import tarfile

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from firmware.wire import manifest
from firmware.wire.manifest import Manifest

FILES = {"firmware.pack": bytes(range(256)) * 40, "face/texts.txt": "chào".encode()}


@functools.cache
def fleet_key():
    return rsa.generate_private_key(65537, 2048)


def fleet_key_hex():
    return fleet_key().public_key().public_numbers().n.to_bytes(256, "big").hex()


def listed(version, files, name="test", floor=0, key=None):
    rows = [(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in sorted(files.items())]
    made = Manifest(version, floor, name, ["linux"], rows, bytes(256))
    signature = (key or fleet_key()).sign(manifest.to_sign(made), padding.PKCS1v15(), hashes.SHA256())
    return manifest.encode(made._replace(signature=signature))


def files(version, content=None, **how):
    content = FILES if content is None else content
    return {"manifest": listed(version, content, **how), **content}


def tar_of(members, kind=tarfile.REGTYPE):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, data in members:
            entry = tarfile.TarInfo(path)
            entry.size, entry.type = len(data), kind
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


@functools.cache
def tar(version, name="test"):
    return tar_of(sorted(files(version, name=name).items()))
