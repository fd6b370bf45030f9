"""The embedded store of a fleet: snapshots kept once and byte for byte, and what policies said of them."""
