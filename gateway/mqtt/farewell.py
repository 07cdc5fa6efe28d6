"""Take away what the broker keeps of a box that is let in no longer: its last status, which is retained.

Only the box itself may write there. So this comes in as the box, under a password that the broker was told a moment
ago and that nobody else knows; a connection that the box still had ends with that, and its will has gone out before
what is taken away here.
"""

import time

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from firmware.wire import topics

_TRY_AGAIN_S = 0.05


def take_away(host: str, port: int, box_id: str, password: str, limit_s: float = 10.0) -> bool:
    """Whether the broker has confirmed it; False where it lets nobody in by that password within `limit_s`.

    A small machine that is busy reads its files late.
    """
    give_up = time.monotonic() + limit_s
    while time.monotonic() < give_up:
        if _visit(host, port, box_id, password, give_up):
            return True
        time.sleep(_TRY_AGAIN_S)  # it reads its files anew when it comes to it
    return False


def _visit(host: str, port: int, box_id: str, password: str, give_up: float) -> bool:
    said: list[bool] = []
    client = Client(CallbackAPIVersion.VERSION2, client_id=box_id, reconnect_on_failure=False)
    client.username_pw_set(box_id, password)
    client.on_connect = lambda _c, _u, _f, code, _p: said.append(not code.is_failure)
    try:
        client.connect(host, port, keepalive=10)
        while not said and client.loop(0.1) == MQTTErrorCode.MQTT_ERR_SUCCESS and time.monotonic() < give_up:
            pass
        if said != [True]:
            return False
        sent = client.publish(topics.status(box_id), b"", 1, retain=True)
        while not sent.is_published() and time.monotonic() < give_up:
            if client.loop(0.1) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return False
        client.disconnect()
        return sent.is_published()
    except (OSError, ValueError, RuntimeError):  # what paho raises for a line that ends
        return False
