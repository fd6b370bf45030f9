"""The heart: one rule, one node, why, and the digest of a verdict."""
