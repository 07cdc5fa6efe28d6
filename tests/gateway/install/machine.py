"""A machine of its own for an installation: systemd as process 1 in namespaces, on this machine's files, of which it
sees copies (an overlay in memory). Nothing that it does stays, and it has no network but its loopback.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
INSIDE = "/mnt/tram"
"""Where the machine sees this tree, wherever it lies here: a machine has a /tmp of its own."""
PACKAGES = "/mnt/packages"
"""And the tests' own Python packages."""
_HERE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
BOOT_S = 60.0
_BOOT = """set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mkdir -p run/lock before mnt/tram mnt/packages
mount --bind "$2" mnt/tram
mount --bind "$3" mnt/packages
pivot_root . before
umount -l /before
export container=unshare
exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal --show-status=0
"""


def can_boot() -> bool:
    """Whether a machine can be made here: it takes root rights, and systemd's program."""
    return os.geteuid() == 0 and Path("/lib/systemd/systemd").exists()


class Machine:
    """`run` and `ok` give commands in it; `stop` takes the power away."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        packages = (ROOT / ".tram/venv").resolve() / _HERE
        command = ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--net", "--kill-child"]
        self._log = open(folder.with_suffix(".log"), "wb")  # noqa: SIM115 - as long as the machine
        self._process = subprocess.Popen(
            [*command, "bash", "-c", _BOOT, "boot", str(folder), str(ROOT), str(packages)],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, start_new_session=True,
        )  # fmt: skip
        self._init = ""
        try:
            self._wait_for_boot(folder.with_suffix(".log"))
        except BaseException:
            self.stop()
            raise

    def _wait_for_boot(self, log: Path) -> None:
        give_up = time.monotonic() + BOOT_S
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        while time.monotonic() < give_up and self._process.poll() is None:
            self._init = children.read_text().strip()
            if self._init and self.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"):
                self.ok("ip", "link", "set", "lo", "up")
                return
            time.sleep(0.1)
        raise AssertionError(f"the machine did not start: {log.read_text()}")

    def run(self, *command: object, given: str = "", timeout_s: float = 100) -> subprocess.CompletedProcess[str]:
        inside = ["nsenter", "-t", self._init, "-m", "-p", "-u", "-i", "-C", "-n", "-r", "-w", "env", "-C", "/root"]
        return subprocess.run(
            [*inside, *map(str, command)],
            input=given,
            stdout=-1,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
        )

    def ok(self, *command: object, given: str = "") -> str:
        done = self.run(*command, given=given)
        assert done.returncode == 0, f"{command}: {done.stdout}\n{self.journal()}"
        return done.stdout

    def journal(self) -> str:
        return self.run("journalctl", "-u", "tram-*", "--no-pager", "-o", "cat", "-n", "60").stdout

    def write(self, path: str, text: str) -> None:
        self.ok("sh", "-c", f"cat > {path}", given=text)

    def make_venv(self, path: str) -> str:
        """The tests' own Python packages under the system's Python: a service may not look into somebody's home."""
        self.ok("/usr/bin/python3", "-m", "venv", "--without-pip", path)
        self.write(f"{path}/{_HERE}/tram.pth", f"{PACKAGES}\n")
        return path

    def stop(self) -> None:
        self._process.kill()  # takes process 1 with it, and that all the others
        self._process.wait()
        self._log.close()
