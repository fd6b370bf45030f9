"""The embedded store of a fleet: each snapshot once, byte for byte, and the verdicts of policies."""
