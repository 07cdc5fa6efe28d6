"""How a simulated reader can be made to misbehave, and which of it is due now.

| name          | what happens                                                                                  |
|---------------|-----------------------------------------------------------------------------------------------|
| noise         | random bytes on the line, now, on their own                                                    |
| noise_before  | random bytes directly before the next code                                                     |
| lose_bytes    | the next code loses `bytes` of its bytes (default 1), head included                             |
| truncate      | the next code stops somewhere in the middle                                                    |
| power         | the module loses its power in the middle of the next code, and gets it back after `for_ms`     |
| bad_crc       | the next answer has a wrong checksum                                                           |
| half_answer   | the next answer stops in the middle                                                            |
| double_ack    | the next answer is sent twice                                                                  |
| late_reply    | the next answer comes `for_ms` late                                                            |
| forget        | the next write is acknowledged and ignored                                                     |
| forget_save   | the next save is acknowledged and ignored                                                      |
| mute          | nothing is heard and nothing said for `for_ms`                                                 |
| flood         | random bytes without pause for `for_ms`                                                        |
| unplug        | the host's end hangs up; the same link is back after `for_ms`                                  |

`times` makes those of "the next …" last for as many; `none` calls off all that has not happened yet.
No fault changes a byte inside a code: the protocol has no checksum there, so nobody could notice.
"""

from typing import NamedTuple

NEXT = (
    "noise_before", "lose_bytes", "truncate", "power", "bad_crc", "half_answer", "double_ack", "late_reply", "forget",
    "forget_save",
)  # fmt: skip
NOW = ("noise", "mute", "flood", "unplug")
DEFAULT_MS = {"power": 500, "late_reply": 1500, "mute": 2000, "flood": 2000, "unplug": 1000}


class FaultError(Exception):
    """A fault that there is not, or an option out of its range. `code`: `fault` or `option`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Fault(NamedTuple):
    name: str
    times: int = 1
    for_ms: int = 0
    bytes: int = 0


def parse(name: object, times: object = 1, for_ms: object = None, count: object = None) -> Fault:
    """A fault from what somebody typed. Raises FaultError."""
    if not isinstance(name, str) or name not in NEXT + NOW:
        raise FaultError("fault", f"{name!r}; there are {', '.join(sorted(NEXT + NOW))}, and none")
    numbers = {"times": times, "for_ms": DEFAULT_MS.get(name, 0) if for_ms is None else for_ms}
    numbers["bytes"] = (24 if name == "noise" else 1) if count is None else count
    for option, value in numbers.items():
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1_000_000:
            raise FaultError("option", f"{option}={value!r}")
    return Fault(name, **{option: int(str(value)) for option, value in numbers.items()})


class Faults:
    """What is still to happen to the next code, answer, write or save."""

    def __init__(self) -> None:
        self._armed: dict[str, Fault] = {}

    def arm(self, fault: Fault) -> None:
        self._armed[fault.name] = fault

    def clear(self) -> None:
        self._armed.clear()

    def take(self, name: str) -> Fault | None:
        """The fault, if it is to happen now; it then happens once less often."""
        fault = self._armed.pop(name, None)
        if fault and fault.times > 1:
            self._armed[name] = fault._replace(times=fault.times - 1)
        return fault if fault and fault.times > 0 else None
