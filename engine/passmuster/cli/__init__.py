"""The command line: the only place where errors become text and a status."""

from passmuster.cli.main import main

__all__ = ["main"]
