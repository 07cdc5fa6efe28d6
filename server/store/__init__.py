"""The only SQL of the server: one file per noun, numbered migrations, one thread that writes."""
