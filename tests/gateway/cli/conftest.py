import pytest

from tests.gateway.brokers import RealBroker
from tests.gateway.fleet import write_fleet_key
from tests.gateway.gateways import RealGateway


@pytest.fixture
def gateway(tmp_path):
    """The folder of a gateway that does not run."""
    broker = RealBroker(tmp_path / "broker", [])
    made = RealGateway(
        tmp_path / "gateway",
        broker,
        more='[time]\ntrust = "always"\n[enrol]\nfleet_key_file = "fleet.key"\n',
        broker_more=f'folder = "{tmp_path / "broker"}"\n',
    )
    write_fleet_key(made.folder / "fleet.key")
    return made
