"""The central server: takes batches from gateways, keeps the raw records, shows the ledger."""
