# Enrolment (SPEC §13): one question and one answer per TLS connection.
#
# A reader takes the line, asks `content_length` how many bytes follow, reads exactly those, and gives the whole to
# `decode_question` or `decode_answer`.
# A question holds secrets: its repr shows none of them, nor does an error.

from collections import namedtuple

from . import base64url, fields
from .errors import WireError
from .provisioning import MAX_CODE_BYTES

MAX_LINE_BYTES = 256
MAX_CA_BYTES = 4096
PASSWORD_BYTES = 32  # random ones; 43 characters as text

# What a gateway may answer. A box asks again after `busy` and after a word that it does not know.
REFUSALS = (
    "form",
    "signature",
    "expired",
    "other_gateway",
    "other_box",
    "token_spent",
    "unknown_box",
    "password",
    "busy",
)

# word: ca (der), enrolled (box_id) or refused (code); None where it does not apply
Answer = namedtuple("Answer", ("word", "box_id", "der", "code"))

_QUESTIONS = {b"ca": 0, b"enrol": 3, b"rotate": 3}
_ANSWERS = {b"ca": 1, b"enrolled": 1, b"refused": 1}


class Question:
    # word: ca, enrol (box_id, password, code) or rotate (box_id, password: the old one, new_password)
    def __init__(
        self, word: str, box_id: str = "", password: str = "", new_password: str = "", code: bytes = b""
    ) -> None:
        self.word = word
        self.box_id = box_id
        self.password = password
        self.new_password = new_password
        self.code = code

    def __repr__(self) -> str:
        return "Question(%s, %s, ***)" % (self.word, self.box_id)


def content_length(line: bytes) -> int:
    # how many bytes follow this line, question or answer alike
    head, _ = fields.header_of(line, _word_of(line), MAX_LINE_BYTES)
    word = _word_of(line)
    if word == b"ca" and len(head) == 1:
        return fields.uint(head[0], MAX_CA_BYTES, 1)
    if word == b"enrol" and len(head) == 3:
        return fields.uint(head[2], MAX_CODE_BYTES, 1)
    return 0


def encode_question(question: Question) -> bytes:
    if question.word == "ca":
        return b"1 ca\n"
    box_id = fields.box_id(fields.to_bytes(question.box_id))
    password = _password(fields.to_bytes(question.password))
    if question.word == "enrol":
        length = fields.put_uint(len(question.code), MAX_CODE_BYTES, 1)
        return ("1 enrol %s %s %s\n" % (box_id, password, length)).encode() + question.code
    if question.word == "rotate":
        new_password = _password(fields.to_bytes(question.new_password))
        return ("1 rotate %s %s %s\n" % (box_id, password, new_password)).encode()
    raise WireError("word", "not a question")


def decode_question(data: bytes) -> Question:
    head, content, word = _read(data, _QUESTIONS)
    if word == b"ca":
        return Question("ca")
    box_id, password = fields.box_id(head[0]), _password(head[1])
    if word == b"enrol":
        return Question("enrol", box_id, password, code=content)
    return Question("rotate", box_id, password, _password(head[2]))


def encode_answer(answer: Answer) -> bytes:
    if answer.word == "ca":
        der: bytes = answer.der
        return ("1 ca %s\n" % fields.put_uint(len(der), MAX_CA_BYTES, 1)).encode() + der
    if answer.word == "enrolled":
        return ("1 enrolled %s\n" % fields.box_id(fields.to_bytes(answer.box_id))).encode()
    if answer.word == "refused":
        return ("1 refused %s\n" % fields.reason(fields.to_bytes(answer.code))).encode()
    raise WireError("word", "not an answer")


def decode_answer(data: bytes) -> Answer:
    head, content, word = _read(data, _ANSWERS)
    if word == b"ca":
        return Answer("ca", None, content, None)
    if word == b"enrolled":
        return Answer("enrolled", fields.box_id(head[0]), None, None)
    return Answer("refused", None, None, fields.reason(head[0]))


def ca(der: bytes) -> Answer:
    return Answer("ca", None, der, None)


def enrolled(box_id: str) -> Answer:
    return Answer("enrolled", box_id, None, None)


def refused(code: str) -> Answer:
    return Answer("refused", None, None, code)


def _word_of(line: bytes) -> bytes:
    end = line.find(b"\n", 0, MAX_LINE_BYTES)
    parts = line[: max(end, 0)].split(b" ", 2)
    return parts[1] if len(parts) > 1 else b"-"


def _read(data: bytes, forms: "dict[bytes, int]") -> "tuple[list[bytes], bytes, bytes]":
    # -> (fields, content, word)
    word = _word_of(data)
    head, start = fields.header_of(data, word, MAX_LINE_BYTES)
    if word not in forms:
        raise WireError("word", "not a word for here")
    fields.expect(head, forms[word])
    content = data[start:]
    if len(content) != content_length(data[:start]):
        raise WireError("length", "not what the line says")
    return head, content, word


def _password(field: bytes) -> str:
    base64url.exactly(field, PASSWORD_BYTES)
    return field.decode()
