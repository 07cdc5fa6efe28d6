class LinkError(Exception):
    # The connection cannot go on. `code` is stable and goes to the status, the counters and the log.

    def __init__(self, code, detail=""):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self):
        return f"{self.code}: {self.detail}" if self.detail else self.code
