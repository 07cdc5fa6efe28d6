"""What a gateway says of itself on the place's network, and when it says nothing."""

import xml.etree.ElementTree as ElementTree

import pytest

from scripts.gateway_install.announce import service_text
from scripts.gateway_install.install import config_text
from scripts.gateway_install.join import Join
from scripts.tram.gateways.network import SERVICE

CONFIG = 'gateway_id = "cho-01"\n[panel]\npassword_file = "people"\nlisten = ["0.0.0.0"]\n'


def test_the_service_is_the_one_that_laptops_look_for_with_its_port_and_id():
    found = ElementTree.fromstring(service_text(CONFIG + "port = 9443\n").encode())
    assert found.findtext("service/type") + ".local." == SERVICE
    assert found.findtext("service/port") == "9443"
    assert [one.text for one in found.findall("service/txt-record")] == ["v=1", "gateway=cho-01"]


def test_the_settings_that_are_written_at_first_announce_the_gateway():
    names = dict.fromkeys(Join._fields, "") | {"gateway_id": "cho-01", "url": "https://x.vn", "more_urls": []}
    text = service_text(config_text(Join(**names), "0.0.0.0"))
    assert "<port>8443</port>" in text


@pytest.mark.parametrize(
    "config",
    [
        "",
        "[panel",
        'gateway_id = "cho-01"\n',
        CONFIG.replace('"0.0.0.0"', '"127.0.0.1", "::1"'),
        CONFIG.replace('"0.0.0.0"', ""),
        CONFIG.replace('"0.0.0.0"', '"somewhere"'),
        CONFIG.replace('password_file = "people"\n', ""),
        CONFIG.replace('"people"', '""'),
        CONFIG.replace("cho-01", "<x>"),
        CONFIG.replace('"cho-01"', "5"),
        CONFIG + 'port = "8443"\n',
        CONFIG + "port = 0\n",
        'gateway_id = "cho-01"\npanel = 5\n',
    ],
)
def test_what_cannot_be_reached_or_read_is_not_announced(config):
    assert service_text(config) is None
