"""The cache of results, by the bytes of a snapshot's sections."""
