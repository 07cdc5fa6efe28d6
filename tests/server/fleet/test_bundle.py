"""Firmware that is taken in: whole, exactly what its manifest names, and signed where the key is known."""

import tarfile

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from server.errors import Refused
from server.fleet.bundle import MOST_TAR_BYTES, read
from tests.server.bundles import FILES, files, fleet_key_hex, listed, tar, tar_of

KEY = bytes.fromhex(fleet_key_hex())
GOOD = sorted(files(7).items())
OTHER_KEY = rsa.generate_private_key(65537, 2048)


def other_end(signed):
    """Its last letter, which is of the signature, is another."""
    return signed[:-2] + (b"A\n" if signed.endswith(b"0\n") else b"0\n")


def test_a_good_bundle_is_read():
    found = read(tar(7), KEY)
    assert (found.version, found.name, found.boards) == (7, "test", ["linux"])
    assert found.files == files(7)
    assert found.manifest_length == len(files(7)["manifest"])


def test_who_does_not_know_the_key_leaves_the_signature_to_gateways_and_boxes():
    assert read(tar_of(sorted(files(7, key=OTHER_KEY).items())), None).version == 7


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bundle"),
        (b"not a tar" * 200, "bundle"),
        (tar(7)[:700], "bundle"),
        (b"x" * (MOST_TAR_BYTES + 1), "too_long"),
        (tar_of(GOOD[:-1]), "manifest"),
        (tar_of([*GOOD, ("more", b"x")]), "bundle"),
        (tar_of([one for one in GOOD if one[0] != "firmware.pack"]), "bundle"),
        (tar_of([*GOOD, GOOD[0]]), "bundle"),
        (tar_of([("../" + path, data) for path, data in GOOD]), "manifest"),
        (tar_of(sorted(files(7).items()), kind=tarfile.SYMTYPE), "bundle"),
        (tar_of(sorted(files(7).items()), kind=tarfile.CHRTYPE), "bundle"),
        (tar_of(sorted({**files(7), "firmware.pack": b"other"}.items())), "bundle"),
        (tar_of(sorted({**files(7), "firmware.pack": FILES["firmware.pack"] + b"x"}.items())), "bundle"),
        (tar_of(sorted({**FILES, "manifest": listed(7, FILES)[:-2] + b"0\n"}.items())), "signature"),
        (tar_of(sorted({**FILES, "manifest": listed(7, FILES)[:-1]}.items())), "manifest"),
        (
            tar_of(sorted({**FILES, "manifest": listed(7, FILES).replace(b"1 manifest 7", b"1 manifest 8")}.items())),
            "signature",
        ),
        (tar_of(sorted(files(7, key=OTHER_KEY).items())), "signature"),
    ],
    ids=[f"bad{number}" for number in range(17)],
)
def test_what_is_no_good_bundle_is_refused(data, code):
    with pytest.raises(Refused) as err:
        read(data, KEY)
    assert err.value.code in ((code, "manifest") if code == "signature" else (code,))
