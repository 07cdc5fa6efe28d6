class BoardError(Exception):
    # What was asked of this board cannot be. `code` is stable.

    def __init__(self, code, detail):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self):
        return f"{self.code}: {self.detail}"
