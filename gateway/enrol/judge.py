"""What becomes of a question: whose signature, for which gateway and box, until when, and whether for the first time.

1. In this order, and the first that is wrong is the answer: `form`, `signature`, `other_gateway`, `other_box`,
   `token_spent`, `expired`.
2. Who was cut off asks again: the same box with the same token and the same password has enrolled, whatever the time
   is by now. Anybody else's token is spent.
3. Without knowing UTC nothing can be said of "until when": the answer is `busy`, and the box asks again. A code whose
   time may have run out has run out.
4. A password changes for who knows the old one; `unknown_box` and `password` say why not. Asked again with the
   new one in force, it has changed.
5. What the disk refuses is `busy`, and nothing has changed.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256

from firmware.wire import provisioning, rsa
from firmware.wire.enrol import Question
from firmware.wire.errors import WireError
from firmware.wire.provisioning import Provisioning
from gateway.enrol.registry import Registry


class Refused(Exception):
    """The answer is no; `code` is one of SPEC §13."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Judge:
    """Decides, and keeps what it decided in the registry."""

    def __init__(
        self,
        gateway_id: str,
        fleet_key: bytes,
        registry: Registry,
        listed: Callable[[], Mapping[str, str]] = dict,
        taken: str = "",
    ) -> None:
        """`listed`: box_id -> password of boxes that never enrolled. `taken`: a name that is no box's."""
        self._gateway_id = gateway_id
        self._fleet_key = fleet_key
        self._registry = registry
        self._listed = listed
        self._taken = taken

    def decide(self, question: Question, now: tuple[int, int] | None) -> None:
        """Return once it is kept; raises Refused. `now`: between which instants of UTC it is. Blocks for the disk."""
        try:
            if question.word == "enrol":
                self._enrol(question, now)
            else:
                self._rotate(question)
        except OSError as error:
            raise Refused("busy") from error

    def _enrol(self, question: Question, now: tuple[int, int] | None) -> None:
        code = self._code(question)
        spent_by = self._registry.spent_by(code.token)
        if spent_by is not None:
            if spent_by == question.box_id and self._registry.knows(question.box_id, question.password):
                return
            raise Refused("token_spent")
        if now is None:
            raise Refused("busy")
        if now[1] >= code.expires_ms:
            raise Refused("expired")
        if not self._registry.enrol(question.box_id, question.password, code, now[0]):
            raise Refused("token_spent")

    def _code(self, question: Question) -> Provisioning:
        try:
            code, signed, signature = provisioning.decode(question.code)
        except WireError as error:
            raise Refused("form") from error
        if not rsa.verify(self._fleet_key, sha256(signed).digest(), signature):
            raise Refused("signature")
        if code.gateway != self._gateway_id:
            raise Refused("other_gateway")
        if question.box_id == self._taken or (code.box is not None and code.box != question.box_id):
            raise Refused("other_box")
        return code

    def _rotate(self, question: Question) -> None:
        listed = self._listed().get(question.box_id)
        changed = self._registry.rotate(question.box_id, question.password, question.new_password, listed)
        if changed is None:
            raise Refused("unknown_box")
        if not changed:
            raise Refused("password")
