"""Gateways and their boxes: what is wished, what is told, who speaks for whom, and who is well. No SQL, no HTTP."""
