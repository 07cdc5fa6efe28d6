# Taking new firmware: what is offered, fetched, checked, tried, and kept or given back. `door.py` stays loaded; the
# rest is loaded when it is needed.
