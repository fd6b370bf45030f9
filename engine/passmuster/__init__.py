"""Passmuster judges snapshots of nodes by versioned policies, and explains each verdict."""

__all__ = ["__version__"]

__version__ = "0.1.0"
