"""What goes wrong, as one thing: a code that programs may rely on, a sentence, and what to do next."""

from scripts.tram.lang import Words


class Trouble(Exception):
    """`code` is stable. In `words`, `<code>` is the sentence, `<code>.next` what to do; both are filled with `facts`.

    A secret never goes into `facts`: they are printed, and are in the JSON.
    """

    def __init__(self, code: str, exit_code: int, words: Words, /, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.exit_code = exit_code
        self.facts = facts
        self.sentence = words(code, **facts)
        self.next = words(f"{code}.next", **facts) if f"{code}.next" in words else ""
