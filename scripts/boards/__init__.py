"""What hardware/boards.toml says: read, checked against the chips, and written out for the firmware and for people."""
