# From topic to handler. What cannot be read is counted under its code and dropped: it never harms the connection.

from firmware.wire import topics
from firmware.wire.errors import WireError

_AT_LEAST_ONCE = ("command", "settings")
_FOR_ALL = {"beacon": topics.BEACON, "notice": topics.NOTICE}


class Inbox:
    # `handlers`: word of the topic -> handler(payload). They raise WireError for what is not in its form.

    def __init__(self, box_id, handlers, count):
        self._box_id = box_id
        self._handlers = handlers
        self._count = count

    def subscriptions(self):
        # -> (topic, QoS) of all that is handled here
        box_id = self._box_id
        return [
            (_FOR_ALL.get(word) or topics.of(box_id, word), 1 if word in _AT_LEAST_ONCE else 0)
            for word in self._handlers
        ]

    def on_message(self, topic, payload, retained):
        try:
            box_id, word = topics.parse(topic)
        except WireError:
            self._count("message_topic")
            return
        handler = self._handlers.get(word)
        if handler is None or box_id not in (None, self._box_id):
            self._count("message_not_ours")
            return
        try:
            handler(payload)
        except WireError as bad:
            self._count(f"{word}_{bad.code}")
