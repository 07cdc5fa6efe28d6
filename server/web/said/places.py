"""What is said of errors of `server/places`: code -> HTTP status, English, Vietnamese."""

from server.places.sentences import SENTENCES

STATUS = {"place_used": 409, "area_unknown": 409, "place_unknown": 409, "gate_unknown": 409, "csv_bytes": 413}
SAID: dict[str, tuple[int, str, str]] = {code: (STATUS.get(code, 400), *said) for code, said in SENTENCES.items()}
