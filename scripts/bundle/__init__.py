"""What goes onto a box: which modules, the signed bundle, the flash image."""
