"""The only SQL of the server: one file per noun, numbered migrations, one thread that owns the one connection."""
