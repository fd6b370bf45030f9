"""A package, so that the name `cel` means these tests even where a library of that name is installed."""
