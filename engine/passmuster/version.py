"""The version, where every room may read it: the package itself imports, for its types, all of them."""

__version__ = "0.1.0"
