# Pauses between attempts ("full jitter"): random between nothing and a span that grows by half, from `first_ms` to
# `cap_ms`, so that a hall full of boxes does not come back at once.


class Backoff:
    def __init__(self, random_below, first_ms, cap_ms):
        self._random_below = random_below
        self._first_ms = first_ms
        self._cap_ms = cap_ms
        self._span_ms = first_ms

    def next_ms(self):
        span_ms, self._span_ms = self._span_ms, min(self._cap_ms, self._span_ms * 3 // 2)
        return self._random_below(span_ms + 1)

    def reset(self):
        self._span_ms = self._first_ms
