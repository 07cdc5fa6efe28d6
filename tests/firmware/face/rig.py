"""A board's light, buzzer and screen that remember what they were told, and a clock that stands until it is moved."""

# what signal_of gives, by place
COLOUR, FOR_PERSON, ON_MS, OFF_MS, TIMES, SOUND, ENDS = range(7)


class Port:
    def __init__(self, has_screen: bool = False, wants_words: bool = False) -> None:
        self.has_screen = has_screen
        self.wants_words = wants_words
        self.now_ms = 1000
        self.told: list[tuple] = []  # ("light" | "tone" | "draw" | "show" | "display", what, at_ms)

    def ticks_ms(self) -> int:
        return self.now_ms % (1 << 20)  # wraps, as a board's does

    def ticks_diff(self, later: int, earlier: int) -> int:
        return (later - earlier + (1 << 19)) % (1 << 20) - (1 << 19)

    def light(self, red: int, green: int, blue: int) -> None:
        self.told.append(("light", (red, green, blue), self.now_ms))

    def tone(self, hz: int) -> None:
        self.told.append(("tone", hz, self.now_ms))

    def draw(self, outcome: str, signal: object, facts: dict) -> None:
        self.told.append(("draw", (outcome, facts), self.now_ms))

    def show(self, picture: bytearray) -> None:
        self.told.append(("show", bytes(picture), self.now_ms))

    def display(self, lines: list[str]) -> None:
        self.told.append(("display", lines, self.now_ms))

    def of(self, what: str) -> list:
        return [value for name, value, _ in self.told if name == what]

    def lit(self) -> tuple:
        """What is lit now."""
        return ([(0, 0, 0), *self.of("light")])[-1]


def pass_ms(port: Port, face, ms: int, every_ms: int = 20) -> None:
    """Let time pass, with a tick now and then."""
    ends_ms = port.now_ms + ms
    while port.now_ms < ends_ms:
        port.now_ms = min(ends_ms, port.now_ms + every_ms)
        face.tick()
