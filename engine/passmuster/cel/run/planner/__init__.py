"""Compiled nodes: each is a Python closure from a frame to a value.

Fast paths look at exact types; everything else, errors and unknowns among it, takes a slow path
that follows the specification's tables. No closure raises anything but the end of the budget.
"""
