"""Every check, one after the other. One that fails itself is a finding too, and stops no other."""

from collections.abc import Callable, Sequence

from gateway.admission import Admission
from gateway.certs.authority import CA_PUBLIC_NAME
from gateway.config import Config
from gateway.doctor import disk, machine, network, parts
from gateway.doctor.finding import Around, Finding


def examine(settings: Config, around: Around = Around()) -> list[Finding]:  # noqa: B008 - immutable
    """All findings, in the order in which a person would look."""
    data_dir = settings.path(settings.data_dir)
    admission = Admission(settings)
    checks: dict[str, Callable[[], Sequence[Finding]]] = {
        "gateway": lambda: parts.running(settings, data_dir, parts.now_s()),
        "broker": lambda: network.broker(settings, admission.certs_folder / CA_PUBLIC_NAME, around),
        "ports": lambda: parts.listeners(settings, admission, around),
        "server": lambda: network.server(settings, around),
        "boxes": lambda: parts.boxes(settings, admission, data_dir),
        "disk": lambda: disk.check(data_dir, settings.buffer.min_free_bytes, around),
        "buffer": lambda: parts.openers(data_dir, around),
        "machine": lambda: machine.check(settings.time, around),
        "certificate": lambda: parts.certificate(admission),
        "files": lambda: parts.rights(settings, data_dir),
        "settings": lambda: warnings(settings),
    }
    return [one for name, check in checks.items() for one in _guarded(name, check)]


def warnings(settings: Config) -> list[Finding]:
    """What may stand in the settings, and is hardly meant."""
    found = []
    if settings.server.url.startswith("http://") and "127.0.0.1" not in settings.server.url:
        found.append(Finding("setting_plain_http", "warning"))
    if not settings.broker.tls_listen:
        found.append(Finding("setting_no_tls", "warning"))
    if not settings.enrol.fleet_key_file:
        found.append(Finding("setting_no_fleet_key", "note"))
    if settings.time.trust == "always":
        found.append(Finding("setting_trusts_clock", "warning"))
    return found or [Finding("settings", "ok")]


def _guarded(name: str, check: Callable[[], Sequence[Finding]]) -> Sequence[Finding]:
    try:
        return check()
    except Exception as error:  # a check's top: a doctor that faints over one organ helps with none
        return [Finding("check_failed", "warning", {"check": name, "reason": f"{type(error).__name__}: {error}"})]
