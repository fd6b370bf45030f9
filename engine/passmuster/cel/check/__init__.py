"""Checking an expression before it runs: types, what it reads, and what it can cost."""
