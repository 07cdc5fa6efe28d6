"""Scans as sightings, sightings as visits. Pure: no SQL, no HTTP."""
