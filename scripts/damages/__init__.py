"""Damage to the gateway's buffer, and what must be left afterwards."""
