# Enrolment: a code's token buys this box its password (SPEC §13). Each exchange is a connection of its own.
#
#   door: await open(cas or None) -> a connection to the gateway's enrolment port, checked against these CAs and the
#         gateway's id if there are any: await send(parts, limit_ms), await read(most) -> bytes, close(). What fails
#         raises door.Failed, which has a `code`. (firmware/link/door.py)
#
# 1. Every wait has its limit; what fails is a Trouble with a stable code, and can be tried again.
# 2. The CA counts only if its SHA-256 is the one in the code: who stands between gets no token.
# 3. A Refusal is the gateway's word. One that no repetition can change is final.

import asyncio
from hashlib import sha256

from firmware.wire import base64url, enrol
from firmware.wire.errors import WireError

# `busy`, and what a later gateway may say that we do not know, can change.
_FINAL = tuple([word for word in enrol.REFUSALS if word != "busy"])


class Trouble(Exception):
    # It did not work this time; `code` says why.
    def __init__(self, code, detail=""):
        super().__init__(code + ": " + detail if detail else code)
        self.code = code


class Refusal(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code
        self.is_final = code in _FINAL


async def fetch_ca(door, fingerprint, limit_ms):
    # -> DER. `fingerprint`: as in the code.
    answer = await _ask(door, None, enrol.Question("ca"), limit_ms)
    if answer.word != "ca":
        raise Trouble("answer", answer.word)
    if base64url.encode(sha256(answer.der).digest()).decode() != fingerprint:
        raise Trouble("other_ca")
    return answer.der


async def enrol_box(door, cas, box_id, password, code, limit_ms):
    await _be_enrolled(door, cas, enrol.Question("enrol", box_id, password, code=code), limit_ms)


async def change_password(door, cas, box_id, old, new, limit_ms):
    await _be_enrolled(door, cas, enrol.Question("rotate", box_id, old, new), limit_ms)


async def _be_enrolled(door, cas, question, limit_ms):
    answer = await _ask(door, cas, question, limit_ms)
    if answer.word != "enrolled" or answer.box_id != question.box_id:
        raise Trouble("answer", answer.word)


async def _ask(door, cas, question, limit_ms):
    connection = None
    try:
        connection = await door.open(cas)
        await connection.send([enrol.encode_question(question)], limit_ms)
        data = await asyncio.wait_for_ms(_answer(connection), limit_ms)
        answer = enrol.decode_answer(data)
    except asyncio.TimeoutError:
        raise Trouble("no_answer")
    except WireError as bad:
        raise Trouble("answer", bad.code)
    except door.Failed as bad:
        raise Trouble(bad.code)
    finally:
        if connection is not None:
            connection.close()
    if answer.word == "refused":
        raise Refusal(answer.code)
    return answer


async def _answer(connection):
    data = b""
    end = 0
    while not end:
        if len(data) >= enrol.MAX_LINE_BYTES:
            raise WireError("header", "no line end")
        data += await connection.read(enrol.MAX_LINE_BYTES)
        end = data.find(b"\n") + 1
    whole_bytes = end + enrol.content_length(data[:end])
    while len(data) < whole_bytes:
        data += await connection.read(whole_bytes - len(data))
    return data
