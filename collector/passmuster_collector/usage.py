"""The one exception that reaches a caller."""


class UsageError(ValueError):
    """The caller asked for something that cannot be done; the message is one line."""
