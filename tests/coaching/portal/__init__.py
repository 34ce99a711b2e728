"""The portal: what clients and coaches open themselves."""
