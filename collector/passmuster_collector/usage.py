"""The exceptions that reach a caller."""


class UsageError(ValueError):
    """The caller asked for something that cannot be done; the message is one line."""

    status = 2
    """The exit status that says so."""


class NothingKnownError(UsageError):
    """A dump was read, and shows no host, or is packed in a way that is not read."""

    status = 3
