"""The gateway's configuration: one TOML file, read once, typed, handed out in pieces.

1. A key that is not known, missing or of the wrong kind refuses to start, and the message names it and its line.
2. Paths are relative to the file's folder.
3. Secrets stand in files of their own, which only their owner may read; they are masked wherever a value is shown.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400 * 365)]
Bytes = Annotated[int, msgspec.Meta(ge=0)]
BoxId = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{2,31}$")]
_MAX_FILE_BYTES = 1024 * 1024


class ConfigError(Exception):
    """Why the gateway does not start; `code` is stable: `file`, `syntax`, `setting` or `secret`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Secret:
    """A value that is never shown."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    __str__ = __repr__


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Broker(_Section, frozen=True):
    """The broker that boxes and gateway meet at."""

    password_file: str
    host: str = "127.0.0.1"
    port: Port = 1883
    username: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_.-]{3,64}$")] = "gateway"
    keepalive_s: Annotated[int, msgspec.Meta(ge=2, le=3600)] = 15
    silence_s: Seconds = 15.0
    """So long may the broker not bring our own beacon back before there is a new connection."""
    folder: str = ""
    """For `python -m gateway broker`: where the files of our own mosquitto are written."""
    listen: list[str] = msgspec.field(default_factory=lambda: ["127.0.0.1"])
    """For the same: the loopback addresses at which it takes connections in plain text."""
    boxes_file: str = ""
    """For the same: a secret file with one line `box_id password` for each box that does not enrol by itself."""
    tls_listen: list[str] = msgspec.field(default_factory=list)
    """For the same: the addresses at which boxes reach it over TLS, with the gateway's own certificate."""
    tls_port: Port = 8883
    pid_file: str = ""
    """Where the broker's process id stands; by default where our own mosquitto writes it."""


class Enrol(_Section, frozen=True):
    """Where new boxes come in; see gateway/enrol. Without the fleet's key nobody does, and no firmware is passed on."""

    fleet_key_file: str = ""
    """The public half: 512 hexadecimal digits."""
    listen: list[str] = msgspec.field(default_factory=lambda: ["0.0.0.0"])  # noqa: S104 - it is for the boxes
    port: Port = 8884
    per_minute: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 60
    """So many connections from one address."""


class Downlink(_Section, frozen=True):
    """How often what is wished is said again; see gateway/downlink."""

    first_wait_s: Seconds = 10.0
    longest_wait_s: Seconds = 300.0
    pieces_per_s: Annotated[float, msgspec.Meta(ge=1, le=10_000)] = 64.0
    """So many pieces of firmware for one box."""
    updates_at_once: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    """So many boxes take new firmware at the same time; the server may wish for another number."""
    poll_s: Annotated[float, msgspec.Meta(ge=0, le=60)] = 30.0
    """So long a question for wishes waits at the server for news."""
    report_s: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 30.0
    """So often the server is told how things are; what happens is told at once."""


Url = Annotated[str, msgspec.Meta(max_length=500)]


class Server(_Section, frozen=True):
    """Where the scans go, and the key that they are sealed to."""

    url: Url
    token_file: str
    sealing_key_file: str
    """The server's public key: 64 hexadecimal digits. Without it nothing is kept: personal data would lie open."""
    more_urls: list[Url] = msgspec.field(default_factory=list)
    """Further addresses of the same server, tried in this order when one does not answer."""
    ca_file: str = ""
    """Only certificates of this authority are believed; empty: those that the system trusts."""
    client_chain_file: str = ""
    """Key and certificate that this gateway shows to the server, PEM; empty: the token alone."""


class Buffer(_Section, frozen=True):
    """The durable store; see gateway/buffer/types.py."""

    keep_delivered_days: Annotated[float, msgspec.Meta(ge=1, le=3650)] = 1.0
    """So long a delivered scan stays for replay and audit (the rule for reader devices: a day at least)."""
    quarantine_bytes: Bytes = 16 * 1024 * 1024
    segment_bytes: Annotated[int, msgspec.Meta(ge=65_536, le=1 << 30)] = 8 * 1024 * 1024
    """At this size a file is closed and the next one begun."""
    min_free_bytes: Bytes = 64 * 1024 * 1024
    """With less room than this on its disk the gateway takes nothing more: the boxes keep it, and show it."""
    ballast_bytes: Bytes = 4 * 1024 * 1024
    """Taken beforehand and given up when the disk is full, so that answers can still be put down."""
    max_bytes: Bytes = 0
    """All files together may grow to this; 0: to whatever the disk has."""
    linger_ms: Annotated[int, msgspec.Meta(ge=0, le=5_000)] = 0
    """So long a scan may wait for others to share its commit: fewer writes to the card, later answers to the boxes."""


class Upload(_Section, frozen=True):
    """How batches go up; see gateway/upload."""

    max_scans: Annotated[int, msgspec.Meta(ge=1, le=4_000)] = 2_000
    max_bytes: Annotated[int, msgspec.Meta(ge=4_096, le=7_000_000)] = 2_000_000
    timeout_s: Seconds = 30.0
    first_wait_s: Seconds = 0.5
    longest_wait_s: Seconds = 600.0
    denied_wait_s: Seconds = 60.0
    hunt_wait_s: Seconds = 0.5
    retry_parked_s: Seconds = 3600.0
    tell_every_s: Seconds = 5.0
    bytes_per_s: Bytes = 0
    """No more than this goes up, all in all; 0: whatever the line takes."""


class Time(_Section, frozen=True):
    """What is believed of UTC; see gateway/clock/machine.py."""

    trust: Literal["kernel", "always"] = "kernel"
    bound_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] = 100
    """How far off the clock may be beyond what the kernel states (all of it, where trust is "always")."""
    server_bound_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] = 250
    """How far off the server's clock may be."""
    beacon_s: Annotated[float, msgspec.Meta(ge=0.05, le=600)] = 5.0


class Log(_Section, frozen=True):
    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Literal["logfmt", "json"] = "logfmt"


class Health(_Section, frozen=True):
    every_s: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 5.0
    """How often metrics.prom is written."""
    late_s: Seconds = 10.0
    """From this age on, a message that is not yet kept is called stuck."""


Day = Annotated[str, msgspec.Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$")]
Clock = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Period(_Section, frozen=True):
    """From when on which purpose holds."""

    since: Day
    """Local time of Asia/Ho_Chi_Minh."""
    mode: Literal["identified", "counts_only"]
    basis: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """The legal basis, in words."""


class Place(_Section, frozen=True):
    """What the place itself counts and allows; see gateway/place. The server may wish for other rules."""

    name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    purpose: list[Period] = msgspec.field(default_factory=list)
    """Empty: identified, always."""
    capacity: Annotated[int, msgspec.Meta(ge=0)] = 0
    """So many people may be inside; 0: as many as come."""
    quota_visits: Annotated[int, msgspec.Meta(ge=0)] = 0
    """So often may one person come in within quota_days; 0: as often as they like."""
    quota_days: Annotated[int, msgspec.Meta(ge=1, le=31)] = 1
    day_begins: Clock = "00:00"
    """When a day of counts begins: people inside are taken to be gone by then."""
    revoked: list[Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]] = msgspec.field(default_factory=list)
    """SHA-256 of printed codes that are not valid any more."""


class Panel(_Section, frozen=True):
    """The place's own page; see gateway/panel. Without a password file there is none."""

    password_file: str = ""
    """One line for each person: a name and the hash that `python -m gateway panel password` prints."""
    listen: list[str] = msgspec.field(default_factory=lambda: ["127.0.0.1"])
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8443
    session_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 12
    metrics_token_file: str = ""
    """Who has it may read /metrics from elsewhere; on the loopback everybody may."""
    technicians_file: str = ""
    """Who may come in with a laptop: what `python -m gateway technician` writes; empty: `technicians`, beside the
    password file."""


class Readers(_Section, frozen=True):
    """QR readers plugged into this machine; see gateway/readers."""

    serial: list[str] = msgspec.field(default_factory=list)
    """Devices, or patterns such as /dev/serial/by-id/usb-*."""
    keyboard: list[str] = msgspec.field(default_factory=list)
    """The same of readers that type, such as /dev/input/by-id/usb-*-event-kbd."""
    direction: Literal["in", "out", "both", ""] = ""
    gate: Annotated[str, msgspec.Meta(pattern="^([a-z0-9-]{1,32})?$")] = ""


class Config(_Section, frozen=True):
    """Everything that can be set."""

    gateway_id: BoxId
    data_dir: str
    broker: Broker
    server: Server
    enrol: Enrol = Enrol()
    downlink: Downlink = Downlink()
    buffer: Buffer = Buffer()
    upload: Upload = Upload()
    time: Time = Time()
    log: Log = Log()
    health: Health = Health()
    place: Place = Place()
    panel: Panel = Panel()
    readers: Readers = Readers()
    folder: str = ""
    """Where the file stands; what is relative is relative to this."""

    def path(self, relative: str) -> Path:
        return Path(self.folder) / relative

    @property
    def technicians_file(self) -> Path:
        named = self.panel.technicians_file
        return self.path(named) if named else self.path(self.panel.password_file).with_name("technicians")

    def secret(self, relative: str) -> Secret:
        return read_secret(self.path(relative))


def load(path: Path) -> Config:
    """Read and check the whole file."""
    try:
        data = path.read_bytes()[: _MAX_FILE_BYTES + 1]
        text = data.decode("utf-8-sig")  # Windows' Notepad puts a mark in front
    except OSError as error:
        raise ConfigError("file", f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError("syntax", f"{path}: not UTF-8") from error
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("syntax", f"{path}: {error}") from error
    if "folder" in tree:
        raise ConfigError("setting", f"{path}, line {_line_of(text, [], 'folder')}: unknown setting `folder`")
    try:
        found = msgspec.convert(tree | {"folder": str(path.parent)}, Config)
    except msgspec.ValidationError as error:
        raise ConfigError("setting", _explain(path, text, str(error))) from error
    for key, urls in (("url", [found.server.url]), ("more_urls", found.server.more_urls)):
        for wrong in filter(None, map(why_not_url, urls)):
            line = _line_of(text, ["server"], key)
            raise ConfigError("setting", f"{path}, line {line}: setting `server.{key}`: {wrong}")
    return found


def why_not_url(url: str) -> str | None:
    """What is wrong with an address of the server; it is not repeated, for somebody's password may be in it."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[A-Za-z0-9_.:%-]+", host) or port == 0:
        return "not an address such as https://tram.example.vn or https://tram.example.vn:8443"
    if "@" in parts.netloc or parts.query or parts.fragment or not url.isascii() or not url.isprintable():
        return "scheme, name, port and path, and nothing else: no user, password, ? or #"
    return None


def read_secret(path: Path) -> Secret:
    """The first line of a file that nobody but its owner may read."""
    try:
        mode = path.stat().st_mode
        text = path.read_text()
    except OSError as error:
        raise ConfigError("secret", f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError("secret", f"{path}: not text") from error
    if mode & 0o077:
        raise ConfigError("secret", f"{path}: others may read it (mode {mode & 0o777:04o}); chmod 600")
    lines = text.splitlines()
    if not lines or not lines[0].strip():
        raise ConfigError("secret", f"{path}: empty")
    return Secret(lines[0].strip())


def read_boxes(path: Path) -> dict[str, str]:
    """box_id -> password, from a secret file with one line for each box."""
    read_secret(path)
    passwords: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or words[0] in passwords:
            raise ConfigError("secret", f"{path}, line {number}: not `box_id password`, or a box that was there before")
        passwords[words[0]] = words[1]
    return passwords


def read_fleet_key(path: Path) -> bytes:
    """The fleet's RSA modulus, 256 bytes, from its 512 hexadecimal digits."""
    try:
        text = path.read_text().strip()
        key = bytes.fromhex(text)
    except OSError as error:
        raise ConfigError("file", f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError("setting", f"{path}: not 512 hexadecimal digits") from error
    if len(text) != 512 or len(key) != 256 or not key[0] & 0x80 or not key[-1] & 1:
        raise ConfigError("setting", f"{path}: not the modulus of an RSA key of 2048 bits")
    return key


def _explain(path: Path, text: str, message: str) -> str:
    """msgspec's message with the name of the setting and its line."""
    what, _, where = message.partition(" - at `$")
    parts = [part for part in re.split(r"[.\[\]`]+", where) if part]
    unknown = re.search(r"unknown field `([^`]*)`", what)
    missing = re.search(r"required field `([^`]*)`", what)
    if unknown:
        return f"{path}, line {_line_of(text, parts, unknown[1])}: unknown setting `{'.'.join([*parts, unknown[1]])}`"
    if missing:
        line = _line_of(text, parts[:-1], parts[-1]) if parts else 1
        return f"{path}, line {line}: missing setting `{'.'.join([*parts, missing[1]])}`"
    line = _line_of(text, parts[:-1], parts[-1]) if parts else 1
    return f"{path}, line {line}: setting `{'.'.join(parts)}`: {what}"


def _line_of(text: str, section: list[str], key: str) -> int:
    """The line of a key in a section, or of the section of that name; 1 where it cannot be told."""
    inside: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]*?)\s*\]", line)
        if header:
            inside = [part.strip().strip("\"'") for part in header[1].split(".")]
            if inside == [*section, key]:
                return number
            continue
        found = re.match(r"\s*[\"']?([^\"'=#\s]+)[\"']?\s*=", line)
        if found and inside + found[1].split(".") == [*section, key]:
            return number
    return 1


def as_shown(config: Config) -> dict[str, Any]:
    """For the log at the start: there are no secrets in it, only the names of their files."""
    shown: dict[str, Any] = msgspec.to_builtins(config)
    return shown
