"""An installation under a real systemd, in a machine of its own (life.py). Where none can be made, for want of root
rights, test_stage.py looks at what is written."""

import pytest

from tests.gateway.install.life import SHORT, live, new_machine
from tests.gateway.install.machine import can_boot

pytestmark = pytest.mark.slow

if can_boot():

    def test_an_installation_runs_goes_back_from_a_bad_upgrade_and_leaves_what_it_should(disk_path):
        # Not below /dev: the machine sees that of this one.
        machine = new_machine(disk_path / "pi")
        try:
            live(machine, SHORT)
        finally:
            machine.stop()
