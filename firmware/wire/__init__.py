# Everything that crosses a process boundary. SPEC.md says every byte; nothing here does I/O or reads a clock.
