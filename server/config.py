"""The server's settings: one TOML file, read once, every setting known and in its form.

An unknown or wrong setting refuses to start and names the setting, the file and the line. Only digests of tokens are
in the file: who reads it cannot log in with it. Relative paths are relative to the file.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from server.errors import Unusable

Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{2,31}$")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Address = Annotated[str, Meta(pattern=r"^(\[[0-9a-fA-F:]+\]|[^\s:\[\]]+):\d{1,5}$")]
Positive = Annotated[int, Meta(ge=1)]
SQLITE, POSTGRES = "sqlite:///", "postgresql://"


class Gateway(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A gateway that may send batches, and the boxes that it may speak for. `assign_enrolled`: a box that enrols there
    is its own from then on, if it is nobody's. `certificate_required`: its token alone does not let it in."""

    id: Id
    token_sha256: Digest
    boxes: list[Id] = []
    assign_enrolled: bool = True
    certificate_required: bool = False

    def __repr__(self) -> str:
        return f"Gateway({self.id}, {len(self.boxes)} boxes)"


class Reader(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A person or program that may look: at the page, and through the API."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    token_sha256: Digest

    def __repr__(self) -> str:
        return f"Reader({self.name})"


class Operator(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A person or program that may wish: settings, commands, firmware, and who speaks for which box."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    token_sha256: Digest

    def __repr__(self) -> str:
        return f"Operator({self.name})"


class Limits(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What one request may cost, and how much may be under way."""

    packed_bytes: Annotated[int, Meta(ge=1024, le=1 << 26)] = 4 << 20
    batch_bytes: Annotated[int, Meta(ge=1024, le=8 << 20)] = 8 << 20
    waiting_batches: Positive = 64
    body_timeout_s: Positive = 30
    retry_after_s: Positive = 5
    asks_per_s: Positive = 50
    asks_burst: Positive = 1000


class Store(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How the database is kept."""

    busy_timeout_ms: Annotated[int, Meta(ge=0)] = 2000
    check_at_start: bool = True


class Web(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The page: how long a log-in lasts, how often it is told what is new."""

    session_hours: Positive = 12
    live_interval_ms: Annotated[int, Meta(ge=50, le=60_000)] = 500


class Fleet(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Gateways and their boxes: when silence is a worry, and whose firmware is passed on."""

    silent_s: Annotated[int, Meta(ge=1, le=86_400)] = 120
    fleet_key_file: str = ""
    updates_at_once: Annotated[int, Meta(ge=1, le=1000)] = 3


class Holder(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who holds the keys. `folder`: theirs, empty: `keys` in data_dir. `socket`: of a process of its own that holds
    them (`python -m server holder`); then this server opens no key file. `uids`: who may ask that process."""

    folder: str = ""
    socket: str = ""
    uids: list[Annotated[int, Meta(ge=0)]] = []


class Codes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Files by which codes are read: an operator's prefixes, who may sign health certificates, what they must say."""

    prefixes_file: str = ""
    trust_file: str = ""
    health_rules_file: str = ""
    shc_keys_file: str = ""


class Retention(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """For how many days what is kept of people can be read; then the key of the day is destroyed. A place's readers
    have to keep for one day at least (2022), its peers kept 10 to 60 days."""

    person_days: Annotated[int, Meta(ge=1, le=366)] = 21
    health_days: Annotated[int, Meta(ge=1, le=366)] = 21
    code_days: Annotated[int, Meta(ge=1, le=366)] = 7
    run_every_s: Annotated[int, Meta(ge=1, le=86_400)] = 3600


class Deriving(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Scans into visits. Of several nodes on one database one does it at a time; one that must not says so."""

    enabled: bool = True
    batch: Annotated[int, Meta(ge=1, le=10_000)] = 500
    look_every_ms: Annotated[int, Meta(ge=10, le=60_000)] = 1000


class Access(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who may do what. `key_file`: seals second factors and signs the record of looks; empty: `access.key` among the
    keys, made where there is none. Several nodes share a copy. `hashing`: so many log-ins are judged at once."""

    key_file: str = ""
    hashing: Annotated[int, Meta(ge=1, le=16)] = 2


class Log(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Lines on stdout: JSON for machines, text for people."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Literal["json", "text"] = "json"


class Config(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Everything that can be set."""

    listen: Address = "127.0.0.1:8080"
    data_dir: str = ""
    database_url: str = ""
    database_password_file: str = ""
    sealing_key_files: list[str] = []
    tls_chain_file: str = ""
    tls_client_ca_file: str = ""
    gateways: list[Gateway] = []
    readers: list[Reader] = []
    operators: list[Operator] = []
    limits: Limits = Limits()
    store: Store = Store()
    web: Web = Web()
    fleet: Fleet = Fleet()
    holder: Holder = Holder()
    codes: Codes = Codes()
    retention: Retention = Retention()
    deriving: Deriving = Deriving()
    access: Access = Access()
    log: Log = Log()

    def address(self) -> tuple[str, int]:
        """Host and port to listen on; port 0 means any free one."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    def holder_folder(self) -> Path:
        """Where the keys are that nobody else has."""
        return Path(self.holder.folder) if self.holder.folder else self.database_path().parent / "keys"

    def access_key_path(self) -> Path:
        """The key of access."""
        return Path(self.access.key_file) if self.access.key_file else self.holder_folder() / "access.key"

    def database_path(self) -> Path:
        """The SQLite file."""
        if self.database_url.startswith(SQLITE):
            return Path(self.database_url.removeprefix(SQLITE))
        return Path(self.data_dir) / "server.db"


def load(path: Path) -> Config:
    """Read the settings. Raises `Unusable` with code `settings`."""
    return parse(read_text(path), path)


def parse(text: str, path: Path) -> Config:
    """Settings that are to stand in this file. Raises `Unusable` with code `settings`."""
    try:
        config = msgspec.convert(tomllib.loads(text), Config)
    except tomllib.TOMLDecodeError as err:
        raise Unusable("settings", f"{path}: {err}") from err
    except msgspec.ValidationError as err:
        raise Unusable("settings", f"{path}{_blame(str(err), text)}") from err
    _check(config, path, text)
    return _anchored(config, path.resolve().parent)


def read_text(path: Path) -> str:
    """The file as it is. Raises `Unusable` with code `settings`."""
    try:
        return path.read_text("utf-8")
    except OSError as err:
        raise Unusable("settings", f"{path}: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise Unusable("settings", f"{path}: {err}") from err


def _anchored(config: Config, folder: Path) -> Config:
    def anchor(name: str) -> str:
        return str(folder / name) if name else ""

    config = msgspec.structs.replace(
        config,
        sealing_key_files=[anchor(name) for name in config.sealing_key_files],
        tls_chain_file=anchor(config.tls_chain_file),
        database_password_file=anchor(config.database_password_file),
        tls_client_ca_file=anchor(config.tls_client_ca_file),
        fleet=msgspec.structs.replace(config.fleet, fleet_key_file=anchor(config.fleet.fleet_key_file)),
        holder=msgspec.structs.replace(
            config.holder, folder=anchor(config.holder.folder), socket=anchor(config.holder.socket)
        ),
        access=msgspec.structs.replace(config.access, key_file=anchor(config.access.key_file)),
        codes=Codes(*(anchor(name) for name in msgspec.structs.astuple(config.codes))),
    )
    if config.database_url.startswith(SQLITE):
        url = SQLITE + anchor(config.database_url.removeprefix(SQLITE))
        return msgspec.structs.replace(config, database_url=url)
    return msgspec.structs.replace(config, data_dir=anchor(config.data_dir))


def _check(config: Config, path: Path, text: str) -> None:
    def refuse(setting: tuple[str, ...], index: int, why: str) -> None:
        raise Unusable("settings", f"{path}, line {_line(text, setting, index)}: {'.'.join(setting)}: {why}")

    def once(room: str, name: str, values: list[str]) -> None:
        for index, value in enumerate(values):
            if value in values[:index]:
                refuse((room, name), index, f"{value} is there twice")

    is_postgres = config.database_url.startswith(POSTGRES)
    if is_postgres and not config.data_dir:
        refuse(("database_url",), 0, "needs a data_dir beside it, for what is not in the database: the keys")
    if not is_postgres and bool(config.data_dir) == bool(config.database_url):
        refuse(("data_dir",), 0, "exactly one of data_dir and database_url has to be set")
    if config.database_url and not is_postgres and not config.database_url.startswith(SQLITE):
        refuse(("database_url",), 0, "only sqlite:///FILE and postgresql://… are supported")
    if "password=" in config.database_url or (is_postgres and _has_password(config.database_url)):
        refuse(("database_url",), 0, "the password belongs in database_password_file")
    if config.database_password_file and not is_postgres:
        refuse(("database_password_file",), 0, "says nothing without a PostgreSQL database_url")
    if config.address()[1] > 65535:
        refuse(("listen",), 0, "the port is above 65535")
    if config.tls_client_ca_file and not config.tls_chain_file:
        refuse(("tls_client_ca_file",), 0, "says nothing without tls_chain_file")
    for index, gateway in enumerate(config.gateways):
        if gateway.certificate_required and not config.tls_client_ca_file:
            refuse(("gateways", "certificate_required"), index, "cannot be kept without tls_client_ca_file")
    once("gateways", "id", [gateway.id for gateway in config.gateways])
    once("readers", "name", [reader.name for reader in config.readers])
    once("operators", "name", [operator.name for operator in config.operators])
    seen: set[str] = set()
    tokens = [("gateways", index, one.token_sha256) for index, one in enumerate(config.gateways)]
    tokens += [("readers", index, one.token_sha256) for index, one in enumerate(config.readers)]
    tokens += [("operators", index, one.token_sha256) for index, one in enumerate(config.operators)]
    for room, index, digest in tokens:
        if digest in seen:
            refuse((room, "token_sha256"), index, "two of them share one token")
        seen.add(digest)


def _has_password(url: str) -> bool:
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return True


def _blame(message: str, text: str) -> str:
    """msgspec's message, with the line of the setting that it is about."""
    unknown = re.search(r"unknown field `(.*?)`", message)
    where = re.search(r"at `\$\.?(.*?)`$", message)
    parts = [part for part in re.split(r"\.", where.group(1)) if part] if where else []
    if unknown:
        parts.append(unknown.group(1))
    index = next((int(found.group(1)) for part in parts if (found := re.search(r"\[(\d+)\]", part))), 0)
    setting = tuple(re.sub(r"\[.*?\]", "", part) for part in parts)
    return f", line {_line(text, setting, index)}: {'.'.join(setting) or 'the file'}: {message.split(' - at ')[0]}"


def _line(text: str, setting: tuple[str, ...], index: int) -> int:
    """The line of a setting: its own, or else its table's, or else 1."""
    table, count, table_line = "", -1, 1
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?", line):
            table = header.group(1)
            count = count + 1 if table == setting[:1][0:1][0] else count
            if (table,) == setting[:1] and count == index:
                table_line = number
        elif found := re.match(r"\s*[\"']?([\w-]+)[\"']?\s*=", line):
            here = (table, found.group(1)) if table else (found.group(1),)
            if here == setting[:2] and (not table or count == index):
                return number
    return table_line
