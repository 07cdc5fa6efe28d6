"""The register of places, gates and who sits where. Pure: no SQL, no HTTP."""
