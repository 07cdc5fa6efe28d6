"""The load on the server, in a process of its own: prepared batches over a few connections that stay open.

`python -m scripts.figures.server_load HOST:PORT TOKEN FOLDER CONNECTIONS` sends every file of the folder and prints one
JSON object: seconds from the first byte to the last answer, and each batch's milliseconds.
"""

import http.client
import json
import sys
import threading
import time
from itertools import count
from pathlib import Path

from firmware.wire.batch import CONTENT_TYPE

ANSWER_S = 60


def send_all(address: str, token: str, bodies: list[bytes], connections: int) -> dict[str, object]:
    """Send every body once; raises RuntimeError where an answer is not 200."""
    taken, took_ms = count(), [0.0] * len(bodies)
    wrong: list[str] = []
    headers = {"Authorization": "Bearer " + token, "Content-Type": CONTENT_TYPE, "Content-Encoding": "zstd"}

    def work() -> None:
        line = http.client.HTTPConnection(address, timeout=ANSWER_S)
        while (number := next(taken)) < len(bodies) and not wrong:
            began_s = time.perf_counter()
            line.request("POST", "/api/v1/batches", bodies[number], headers)
            answer = line.getresponse()
            text = answer.read()
            took_ms[number] = (time.perf_counter() - began_s) * 1000
            if answer.status != 200:
                wrong.append(f"{answer.status}: {text[:200]!r}")
        line.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    began_s = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(wrong[0])
    return {"seconds": time.perf_counter() - began_s, "took_ms": took_ms}


def main(address: str, token: str, folder: str, connections: str) -> None:
    """See the module."""
    bodies = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    print(json.dumps(send_all(address, token, bodies, int(connections))))


if __name__ == "__main__":
    main(*sys.argv[1:])
