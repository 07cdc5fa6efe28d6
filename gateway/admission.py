"""Who may come in, told to the broker: the list by hand, and over it the boxes that have enrolled.

    admission.publish()     # writes the broker's password file where it has changed, and has the broker read it

1. The files of the registry are the truth; the broker's file is made from them and can be made again at any time.
2. A box that has enrolled is known by that password and no longer by the one in the list; one that was revoked is out,
   whatever the list says.
3. The signal comes after the file, and comes also where the file is as it was: whoever died in between has not
   given it.
4. Who is revoked is out at once: the signal ends its connection. Then what it last said of itself is taken away.
5. The gateway's certificate names its id, for the boxes, and this machine's names and addresses, for people's browsers;
   where they change there is another certificate, by the same authority.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gateway import certs, config, files
from gateway.addresses import names_of_this_machine
from gateway.config import Config, ConfigError
from gateway.enrol import Registry
from gateway.mqtt import broker, farewell
from gateway.mqtt.broker import Listen
from gateway.mqtt.passwords import hash_of, matches

BOXES_NAME = "boxes"
CERTS_NAME = "certs"


class Users(NamedTuple):
    """Everybody who may come in."""

    passwords: dict[str, str]
    hashes: dict[str, str]


class PutOut(NamedTuple):
    """What came of a revocation."""

    was_in: bool
    heard: bool
    """Whether a broker was told; where none runs, the next one knows."""
    is_clear: bool
    """Whether the last status of the box is gone from the broker."""


class Admission:
    """What enrolment, the command line and the broker's set-up share; reads its files at each call."""

    def __init__(self, settings: Config) -> None:
        self._config = settings
        self._boxes = settings.path(settings.data_dir) / BOXES_NAME
        self.registry = Registry(self._boxes, hash_of, matches)
        self.reloads = 0
        self.unheard = 0
        """Reloads for which there was no broker to be told."""
        self.is_unheard = False
        """The last of them was none that a broker has heard: to be said again."""

    def listed(self) -> Mapping[str, str]:
        """box_id -> password, of the list by hand."""
        name = self._config.broker.boxes_file
        return config.read_boxes(self._config.path(name)) if name else {}

    def users(self) -> Users:
        """Raises ConfigError where the list or the gateway's password is wrong."""
        ours = self._config.broker
        passwords = dict(self.listed())
        if ours.username in passwords:
            raise ConfigError("secret", f"{ours.boxes_file}: `{ours.username}` is the gateway's own user name")
        hashes, revoked = self.registry.hashes()
        hashes.pop(ours.username, None)
        passwords = {box: password for box, password in passwords.items() if box not in hashes | dict.fromkeys(revoked)}
        passwords[ours.username] = self._config.secret(ours.password_file).reveal()
        return Users(passwords, hashes)

    def write_config(self) -> Path:
        """All files of the broker; -> the path of mosquitto.conf."""
        ours = self._config.broker
        listen = [Listen(address, ours.port) for address in ours.listen]
        if ours.tls_listen:
            papers = self.papers()
            listen += [Listen(address, ours.tls_port, papers.chain_file) for address in ours.tls_listen]
        users = self.users()
        with files.locked(self._boxes):
            return broker.write_config(self._folder(), listen, ours.username, users.passwords, hashes=users.hashes)

    def check(self) -> None:
        """Raises ConfigError where publish() could never work."""
        self._folder()
        self.users()

    def publish(self) -> bool:
        """Tell the broker; False: none runs, and the next that is started will know. Raises OSError."""
        with files.locked(self._boxes):  # who reads first must not write last
            return self._tell({})

    def put_out(self, box_id: str) -> PutOut:
        """Let a box in no longer, from this moment on. Raises OSError, and then it is not out everywhere."""
        was_in = self.registry.revoke(box_id)
        with files.locked(self._boxes):
            ours, password = self._config.broker, broker.new_password()
            if not self._tell({}) or not self._tell({box_id: password}):
                return PutOut(was_in, heard=False, is_clear=False)
            try:
                is_clear = farewell.take_away(ours.host, ours.port, box_id, password)
            finally:
                heard = self._tell({})
            return PutOut(was_in, heard, is_clear)

    def tend_certificate(self) -> bool:
        """Another certificate where the addresses have changed or its end is near; -> whether there is another."""
        before = certs.current(self.certs_folder)
        papers = self.papers()
        changed = before is None or before != certs.current(self.certs_folder)
        if changed and papers.chain_file.exists():
            broker.reload(self.pid_file)
        return changed

    def papers(self) -> certs.Papers:
        """The authority and the gateway's certificate, made where there is none that will do."""
        return certs.ensure(self.certs_folder, self._config.gateway_id, names_of_this_machine())

    def _tell(self, guests: Mapping[str, str]) -> bool:
        """To be called with the lock. `guests`: who else may come in, for a moment."""
        users = self.users()
        folder = files.make_folder(self._folder())
        broker.write_passwords(folder, self._config.broker.username, {**users.passwords, **guests}, users.hashes)
        heard = broker.reload(self.pid_file)
        self.reloads += heard
        self.unheard += not heard
        self.is_unheard = not heard
        return heard

    @property
    def certs_folder(self) -> Path:
        return self._config.path(self._config.data_dir) / CERTS_NAME

    @property
    def pid_file(self) -> Path:
        named = self._config.broker.pid_file
        return self._config.path(named) if named else self._folder() / broker.PID_NAME

    def _folder(self) -> Path:
        if not self._config.broker.folder:
            raise ConfigError("setting", "`broker.folder` says where the broker's files go")
        return self._config.path(self._config.broker.folder)
