"""Codes as nobody should show them, thrown at what reads them: scripts/fuzz-codes [--count 1000000] [--seed 1]

1. Codes of people who do not exist, of every kind, harmed; names misread; bytes of nothing; signed things that lie.
2. Whatever comes is read, or refused by a code that has words. Anything else that is raised ends the run, and the
   bytes are printed: they are nobody's.
3. No certificate that was harmed is valid as something else; no payment and no place becomes a person.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from firmware.codes import kind_of
from scripts.fuzzing.harms import harmed
from server.codes import trust
from server.codes.errors import CodeError
from server.codes.read import read
from server.codes.rules import NO_RULES
from server.codes.trust import Trust
from server.codes.types import HEALTH, PERSON, Parsed
from server.sim.certificates import Hc1Issuer, ShcIssuer, cbor, numeric, packed
from server.sim.people import CODES, on_behalf, payment, people, place
from server.web.said.codes import SAID

AT_MS = 1_640_000_000_000
ISSUED_S, EXPIRES_S = 1_639_000_000, 1_650_000_000
SETS = ("cp932", "big5", "gb18030", "latin-1", "cp1252", "euc_kr")
SLOW_S = 0.1
"""Of the processor's time."""


class Fuzz:
    """Draws codes and says what is wrong with how they are read."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._town = people(seed, 400)
        self._hc1, self._shc = Hc1Issuer("VN"), ShcIssuer("https://shc.example.vn")
        self._trust = Trust(
            trust.load_signers(json.dumps({"keys": [self._hc1.trusted()]}), "signers"),
            trust.load_issuers(json.dumps({"issuers": [self._shc.trusted()]}), "issuers"),
        )
        self._signed = [self._hc1.vaccination(one, 2, "2021-11-01", ISSUED_S, EXPIRES_S) for one in self._town[:20]]
        self._signed += [self._shc.card(one, ["2021-09-01"], ISSUED_S) for one in self._town[:20]]
        self._right = {self._said(read(code, NO_RULES, self._trust, AT_MS)) for code in self._signed}
        self._ways: list[Callable[[], bytes]] = [self._card, self._misread, self._certificate, self._lie, self._junk]
        self._ways += [self._nobodys]
        self.seen: Counter[str] = Counter()
        self.slowest_s = 0.0

    def once(self) -> str | None:
        """Read one code; what is wrong with how it was read, or None."""
        code = self._draw.choice(self._ways)()
        wrong = self._read(code)
        if wrong is not None and wrong.startswith("took "):
            wrong = self._read(code)  # what the machine did in between is not the reader's
        return wrong

    def _read(self, code: bytes) -> str | None:
        began_s = time.process_time()
        try:
            found = read(code, NO_RULES, self._trust, AT_MS)
        except CodeError as err:
            self.seen[err.code] += 1
            return None if err.code in SAID else f"{err.code} has no words: {code.hex()}"
        except Exception as err:  # the very thing that is looked for
            return f"{err!r}: {code.hex()}"
        took_s = time.process_time() - began_s
        self.slowest_s = max(self.slowest_s, took_s)
        verdict = found.health.verdict if found.health is not None else found.class_
        self.seen[f"read: {verdict}"] += 1
        if verdict == "valid" and self._said(found) not in self._right:
            return f"valid as something else: {code.hex()}"
        if kind_of(code) in ("vietqr", "place") and found.class_ in (PERSON, HEALTH):
            return f"a person out of nobody's code: {code.hex()}"
        return f"took {took_s:.2f} s: {code.hex()}" if took_s > SLOW_S else None

    def _said(self, found: Parsed) -> tuple[str | None, str | None, str]:
        return found.name, found.born, found.health.issuer if found.health is not None else ""

    def _card(self) -> bytes:
        one, other = self._draw.sample(self._town, 2)
        code = on_behalf(one, other) if self._draw.random() < 0.2 else self._draw.choice(list(CODES.values()))(one)
        return harmed(self._draw, code)

    def _misread(self) -> bytes:
        code = CODES["citizen_card_2021"](self._draw.choice(self._town))
        how = self._draw.choice(["replace", "ignore", "backslashreplace"])
        return harmed(self._draw, code.decode(self._draw.choice(SETS), how).encode())

    def _certificate(self) -> bytes:
        return harmed(self._draw, self._draw.choice(self._signed), 4)

    def _lie(self) -> bytes:
        draw = self._draw
        values: list[Any] = [
            None,
            True,
            0,
            -1,
            2**63,
            1.5,
            float("nan"),
            "",
            "x" * 300,
            b"",
            [],
            {},
            [[]],
            {1: {}},
            "2021-13",
        ]
        entry = {key: draw.choice([*values, "2021-11-01"]) for key in ("tg", "ci", "dn", "sd", "dt", "mp", "sc", "fr")}
        entry["tg"] = "840539006"
        body = {draw.choice("vtr"): [entry], "nam": draw.choice([*values, {"fn": "A"}]), "dob": draw.choice(values)}
        claims = {1: "VN", 4: draw.choice([EXPIRES_S, *values]), 6: ISSUED_S, -260: draw.choice([{1: body}, *values])}
        if draw.random() < 0.5:
            cose = self._hc1.cose(cbor(claims))
            return packed(harmed(draw, cose) if draw.random() < 0.5 else cose)
        card = {"iss": self._shc.iss, "nbf": draw.choice([ISSUED_S, 1.5, "x", None]), "vc": draw.choice([{}, [], 7])}
        return numeric(self._shc.signed(harmed(draw, json.dumps(card).encode())))

    def _junk(self) -> bytes:
        start = self._draw.choice([b"", b"HC1:", b"shc:/", b"000201", b"084199012345|", b"|", b"TRAM1:"])
        return start + self._draw.randbytes(self._draw.choice([0, 1, 9, 90, 900, 3200]))

    def _nobodys(self) -> bytes:
        return harmed(self._draw, self._draw.choice([payment, place])(self._draw))


def main() -> int:
    """0: nothing found; 1: something, printed."""
    words = argparse.ArgumentParser(description="throw broken codes at what reads them")
    words.add_argument("--count", type=int, default=1_000_000)
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    fuzz, began_s = Fuzz(asked.seed), time.monotonic()
    for _ in range(asked.count):
        wrong = fuzz.once()
        if wrong is not None:
            print(wrong)
            return 1
    took_s = time.monotonic() - began_s
    for name, count in fuzz.seen.most_common():
        print(f"{count:9} {name}")
    print(f"{asked.count} codes in {took_s:.1f} s, the slowest read {fuzz.slowest_s * 1000:.1f} ms: nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
