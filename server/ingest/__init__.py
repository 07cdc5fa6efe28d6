"""What comes from gateways: bodies, batches, the rules of the ledger and of time. No SQL, no HTTP."""
