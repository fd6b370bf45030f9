"""The node's side of Passmuster: looks at one Linux host and writes what it saw as one line of JSON.

Standard library only, Python 3.6 or newer; it shares no code with the engine, only the snapshot's schema.
"""

__version__ = "0.1.0"
