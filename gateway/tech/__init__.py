"""What a technician may see and do from a laptop on the place's network: `/tech/v1/…` of the panel's server.

    technicians.py    who may: names, digests of their tokens, and until when
    access.py         the access code that is shown once: gateway, authority and token in one line
    tech.py           whose request it is; counts, logs
    api.py            every path, and what it answers
    live.py           what happens at a box, told while somebody listens
    parcel.py         a bundle of firmware that comes as a tar
    types.py          what the API asks of the gateway: `Bench`

Nothing in here names a person who was scanned, shows a code or a password, or changes who may come in.
"""
