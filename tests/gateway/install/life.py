"""A whole life of an installation, under a real systemd: from a bare machine to a gateway that runs, through a crash, a
gateway that hangs, a bad upgrade and a good one, to its end.

    python -m tests.gateway.install.life       all of it, with root rights: a minute; the suite takes SHORT
"""

import sys
import tempfile
import time
from pathlib import Path

from scripts.gateway_install.layout import CONFIG, UNITS
from tests.gateway.install.machine import INSIDE, Machine
from tests.gateway.install.test_join import join_text

SOURCE = "/root/tram"
PARTS = "firmware gateway presence requirements scripts"


def eventually(what, timeout_s=40):
    give_up = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < give_up, "did not happen in time"
        time.sleep(0.2)


def new_machine(folder: Path) -> Machine:
    """With the program and a join file in it, and nothing installed."""
    made = Machine(folder)
    made.ok("mkdir", SOURCE)
    made.ok("sh", "-c", f"cd {INSIDE} && cp -r {PARTS} {SOURCE}/")
    made.run("systemctl", "disable", "--now", "mosquitto.service")
    made.make_venv("/opt/packages")
    made.write("/root/join.toml", join_text())
    return made


def install(machine, *words, source=SOURCE):
    return machine.run(f"{source}/scripts/gateway-install", *words, "--venv", "/opt/packages", "--lang", "en")


def main_pid(machine, unit):
    return machine.ok("systemctl", "show", "-P", "MainPID", unit).strip()


def program(machine):
    return machine.ok("readlink", "/opt/tram/current").strip()


def is_installed(machine):
    done = install(machine, "/root/join.toml")
    assert done.returncode == 0, done.stdout + machine.journal()
    assert "DONE. The gateway runs." in done.stdout
    assert "The authority's fingerprint" in done.stdout
    assert "The place's page" in done.stdout
    for unit in UNITS:
        assert machine.ok("systemctl", "is-active", unit).strip() == "active"
        assert machine.ok("systemctl", "is-enabled", unit).strip() == "enabled"


def is_idempotent(machine):
    before, settings, ca = program(machine), machine.ok("cat", CONFIG), machine.ok("tram-gateway", "ca")
    pids = [main_pid(machine, unit) for unit in UNITS]
    done = install(machine, "/root/join.toml")
    assert done.returncode == 0, done.stdout
    assert "they stay" in done.stdout
    assert "The place's page" not in done.stdout
    assert (program(machine), machine.ok("cat", CONFIG), machine.ok("tram-gateway", "ca")) == (before, settings, ca)
    assert [main_pid(machine, unit) for unit in UNITS] == pids


def is_private(machine):
    assert (
        machine.ok(
            "find", "/etc/tram", "/var/lib/tram", "-perm", "/077", "-not", "-type", "l", "-not", "-path", "/etc/tram"
        )
        == ""
    )
    for unit in UNITS:
        assert machine.ok("ps", "-o", "user=", "-p", main_pid(machine, unit)).strip() == "tram"
        limits = machine.ok("cat", f"/proc/{main_pid(machine, unit)}/limits")
        assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]
    assert machine.ok("stat", "-f", "-c", "%T", "/run/tram").strip() == "tmpfs"


def may_ask_the_clock(machine):
    """Under the gateway's own filter adjtimex answers; to set the clock is refused."""
    text = machine.ok("cat", "/etc/systemd/system/tram-gateway.service")
    wanted = ("SystemCall", "CapabilityBoundingSet", "NoNewPrivileges")
    given = [word for line in text.splitlines() if line.startswith(wanted) for word in ("-p", line)]
    ask = "import ctypes, time\nprint(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) >= 0)\n"
    ask += "try:\n    time.clock_settime(0, time.time())\nexcept PermissionError:\n    print('refused')\n"
    run = ["systemd-run", "--wait", "--pipe", "--quiet", "-p", "User=tram", *given]
    assert machine.ok(*run, "/usr/bin/python3", "-c", ask).split() == ["True", "refused"]


def is_heard_by_its_broker(machine):
    """From inside its own sandbox: else a box that enrols is not let in, and another certificate is never shown."""
    told = '"tram_broker_reloads_total{by=\\"heard\\"} [1-9]"'
    machine.ok("systemctl", "restart", "tram-gateway.service")
    eventually(lambda: machine.run("sh", "-c", f"grep -E {told} /var/lib/tram/data/metrics.prom").returncode == 0)
    numbers = machine.ok("cat", "/var/lib/tram/data/metrics.prom")
    assert 'tram_broker_reloads_total{by="nobody"} 0' in numbers


def has_a_command_line(machine):
    assert "no box was ever heard of" in machine.ok("tram-gateway", "boxes", "--lang", "en")
    done = machine.run("tram-gateway", "doctor", "--json", "--lang", "en")
    for good in ('"gateway_up"', '"broker"', '"broker_tls"', '"certificate"', '"files"'):
        assert good in done.stdout
    assert '"fault"' not in done.stdout, done.stdout
    machine.ok("sh", "-c", "mkdir -m 700 /home/ten && tram-gateway ca export - > /home/ten/ca.pem")
    machine.ok(
        "sh", "-c", "cd /home/ten && chmod 600 ca.pem && touch gateway.py && tram-gateway ca import ca.pem --sure"
    )
    machine.run("tram-gateway", "doctor", "--bundle", "/tmp/tram.zip")
    assert machine.ok("stat", "-c", "%a", "/tmp/tram.zip").strip() == "644"
    read = "import zipfile; print(zipfile.ZipFile('/tmp/tram.zip').read('log.txt').decode())"
    assert "gateway starts" in machine.ok("/usr/bin/python3", "-I", "-c", read)


def hangs_up_quietly(machine):
    """With the system's own Python: whoever comes over TLS and goes again leaves no error behind."""
    ask = "import socket, ssl\n"
    ask += "context = ssl._create_unverified_context()\n"
    ask += "for port, text in ((8443, b'GET / HTTP/1.1\\r\\n\\r\\n'), (8884, b'junk\\n')) * 3:\n"
    ask += "    line = context.wrap_socket(socket.create_connection(('10.9.9.1', port)))\n"
    ask += "    line.sendall(text); line.recv(64); line.close()\n"
    machine.ok("ip", "address", "add", "10.9.9.1/32", "dev", "lo")
    machine.ok("/usr/bin/python3", "-c", ask)
    eventually(lambda: "enrolment refused" in machine.journal())
    time.sleep(0.5)
    assert "failed" not in machine.journal(), machine.journal()


def survives_a_crash(machine):
    for unit in UNITS:
        before = main_pid(machine, unit)
        machine.ok("kill", "-9", before)
        eventually(lambda unit=unit, before=before: main_pid(machine, unit) not in (before, "0"))
    eventually(lambda: '"gateway_up"' in machine.run("tram-gateway", "doctor", "--json").stdout)


def survives_a_hang(machine):
    """Nothing is heard of it any more: systemd's patience is made short for this."""
    folder = "/run/systemd/system/tram-gateway.service.d"
    machine.ok("mkdir", "-p", folder)
    machine.write(f"{folder}/short.conf", "[Service]\nWatchdogSec=8\n")
    machine.ok("systemctl", "daemon-reload")
    machine.ok("systemctl", "restart", "tram-gateway.service")
    before = main_pid(machine, "tram-gateway.service")
    machine.ok("kill", "-STOP", before)
    eventually(lambda: main_pid(machine, "tram-gateway.service") not in (before, "0"))
    machine.ok("rm", "-r", folder)
    machine.ok("systemctl", "daemon-reload")


def goes_back(machine):
    before = program(machine)
    machine.ok("cp", "-r", SOURCE, "/root/bad")
    machine.ok("sh", "-c", 'echo "raise SystemExit(3)" >> /root/bad/gateway/app.py')
    done = install(machine, "upgrade", source="/root/bad")
    assert done.returncode == 1
    assert "the old one runs again" in done.stdout, done.stdout
    assert program(machine) == before
    for unit in UNITS:
        assert machine.ok("systemctl", "is-active", unit).strip() == "active"


def goes_forward(machine):
    before, ca = program(machine), machine.ok("tram-gateway", "ca")
    machine.ok("cp", "-r", SOURCE, "/root/good")
    machine.ok("sh", "-c", 'echo "# newer" >> /root/good/gateway/app.py')
    done = install(machine, "upgrade", source="/root/good")
    assert done.returncode == 0, done.stdout + machine.journal()
    assert program(machine) != before
    assert machine.ok("tram-gateway", "ca") == ca
    assert "This version it is already." in install(machine, "upgrade", source="/root/good").stdout


def leaves_data(machine):
    done = install(machine, "uninstall")
    assert done.returncode == 0, done.stdout
    assert "stay: /etc/tram /var/lib/tram" in done.stdout
    assert machine.run("ls", "/opt/tram").returncode != 0
    assert machine.run("systemctl", "is-active", *UNITS).stdout.split() == ["inactive", "inactive"]
    assert machine.ok("ls", "/var/lib/tram/data/certs/ca.pem")
    assert install(machine, "upgrade").returncode == 1


def comes_back(machine):
    done = install(machine)
    assert done.returncode == 0, done.stdout + machine.journal()


def purges(machine):
    done = install(machine, "uninstall", "--purge", "--even-unsent")
    assert done.returncode == 0, done.stdout
    for path in ("/opt/tram", "/etc/tram", "/var/lib/tram", "/usr/local/bin/tram-gateway"):
        assert machine.run("ls", path).returncode != 0


WHOLE = {
    "one command makes a gateway that is well": is_installed,
    "again, it changes nothing and disturbs nobody": is_idempotent,
    "secrets are their owner's alone, and nothing runs as root": is_private,
    "it may ask whether the clock is disciplined, and not set it": may_ask_the_clock,
    "a box that enrols is let in by the broker at once": is_heard_by_its_broker,
    "its command line works as its own user": has_a_command_line,
    "who comes over TLS and goes again leaves no error behind": hangs_up_quietly,
    "a crash is over in seconds": survives_a_crash,
    "a gateway that hangs is started anew": survives_a_hang,
    "an upgrade that is not well goes back": goes_back,
    "an upgrade that is well stays, with all data": goes_forward,
    "an uninstallation keeps what is worth keeping, and says so": leaves_data,
    "who comes back finds everything as it was": comes_back,
    "a purge leaves nothing": purges,
}
"""In this order: each needs the one before."""
SHORT = [
    is_installed,
    is_private,
    may_ask_the_clock,
    is_heard_by_its_broker,
    has_a_command_line,
    hangs_up_quietly,
    goes_back,
    leaves_data,
    purges,
]


def live(machine: Machine, steps) -> None:
    for what, step in WHOLE.items():
        if step in steps:
            began_s = time.monotonic()
            try:
                step(machine)
            except AssertionError as error:
                raise AssertionError(f"{what}: {error}") from error
            print(f"{what}: {time.monotonic() - began_s:.1f} s", flush=True)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        machine = new_machine(Path(folder) / "pi")
        try:
            live(machine, WHOLE.values())
        finally:
            machine.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
