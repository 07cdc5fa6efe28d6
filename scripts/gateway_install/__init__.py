"""Makes a gateway of a machine: install, upgrade, status, uninstall. Only what Debian's own Python has."""
