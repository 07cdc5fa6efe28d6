"""What the tests of set-up codes begin with."""

import json

import pytest

from scripts.provisioning.code import ca_fingerprint
from scripts.tram.gateways.cards import Card, save
from tests.tram.desk import Desk
from tests.tram.provision.laptop import CA_DER, KEY, NETWORK


@pytest.fixture
def tram(tmp_path, monkeypatch):
    """A laptop that has the fleet's key, a list of networks and the card of a gateway."""
    desk = Desk(tmp_path / "home", monkeypatch)
    desk.home.mkdir()
    KEY.save(desk.home / "fleet.pem")
    (desk.home / "fleet.key").write_text(KEY.modulus.hex())
    save(Card("cho-01", ca_fingerprint(CA_DER), host="tram-cho-01.local", place="cho-moi"))
    (tmp_path / "wifi.json").write_text(json.dumps([NETWORK]), encoding="utf-8")
    (tmp_path / "ca.der").write_bytes(CA_DER)
    monkeypatch.chdir(tmp_path)
    return desk
