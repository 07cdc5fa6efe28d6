"""Who is inside, and who may come in: one piece for the gateway at the place and for the server.

1. Pure: no clock, no I/O, nothing of the gateway's or the server's. Whoever asks brings the time.
2. A person is a number here, a keyed hash: the gateway's key lives for a day, the server's tokens are its own.
3. The same scans in the same order get the same answers on both sides (`replay.py`).
"""
