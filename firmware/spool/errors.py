# Everything that the spool refuses or cannot do, each with a stable `code` (the list stands in __init__.py).


class Untrusted(Exception):
    # The volume cannot be right. `known`: {epoch: freed} as far as it is known.
    def __init__(self, reason, known):
        super().__init__(reason)
        self.reason = reason
        self.known = known


class SpoolError(Exception):
    def __init__(self, code, detail=""):
        super().__init__(code + ": " + detail if detail else code)
        self.code = code
        self.detail = detail
