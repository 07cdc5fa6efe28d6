class Refused(Exception):
    # This update will not be. `code` is stable; `detail` is for a person.
    def __init__(self, code, detail=""):
        super().__init__(code + ": " + detail if detail else code)
        self.code = code
        self.detail = detail
