"""Trạm on the Raspberry Pi at the place: keeps what the boxes scan, and passes it on to the server."""
