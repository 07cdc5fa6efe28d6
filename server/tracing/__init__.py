"""Cases, rule sets and what was asked. Pure: no SQL, no HTTP."""
