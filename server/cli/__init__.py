"""`python -m server WORD`: what people type."""
