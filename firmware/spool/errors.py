# Everything that the spool refuses or cannot do, each with a stable `code` (the list stands in __init__.py).


class SpoolError(Exception):
    def __init__(self, code, detail=""):
        super().__init__(code + ": " + detail if detail else code)
        self.code = code
        self.detail = detail
