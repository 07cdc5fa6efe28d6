"""A technician's laptop for set-up codes: the fleet's key, a gateway's card, a list of networks."""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from firmware.provision.check import judge
from scripts.provisioning.key import FleetKey
from scripts.tram import exits
from tests.tram.paper.eye import opened

KEY = FleetKey.make()
PASSWORD = "mật khẩu Wi-Fi"
NETWORK = ["Chợ Mới", PASSWORD]
NEW_BOX = ("box-a0b1c2d3e4f5", False, 0, 0)


def certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gw")])
    begin = datetime.datetime(2026, 1, 1)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=3650))
    return made.sign(key, hashes.SHA256())


CA = certificate()
CA_DER = CA.public_bytes(Encoding.DER)


def made(tram, *words):
    """-> what a code says that was written as text, after a box has looked at it."""
    said = tram("provision", "code", "--gate", "cong-1", *words, "--out", "code.txt")
    assert said.code == exits.OK, said.everything
    assert PASSWORD not in said.everything
    text = Path("code.txt").read_bytes().strip()
    assert text.decode() not in said.everything
    reason, wanted = judge(text, KEY.modulus, NEW_BOX, False, None)
    assert reason is None
    return wanted


def picture_of(file, page=0, dpi=200):
    if file.suffix == ".png":
        return opened(file.read_bytes())
    import pypdfium2

    with pypdfium2.PdfDocument(file) as document:
        return document[page].render(scale=dpi / 72).to_pil().convert("L")
