"""``python -m passmuster_collector.zipapp DEST``: the package as one file that any Python 3 runs.

The same sources give the same bytes: sorted names, one date, one mode, nothing compressed.
"""

import io
import os
import sys
import zipfile
from typing import Dict, Sequence

_SHEBANG = b"#!/usr/bin/env python3\n"
_MAIN = b"""import sys

from passmuster_collector.cli import main

sys.exit(main(sys.argv[1:]))
"""
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_UNIX = 3


def build(package: str) -> bytes:
    """The archive of a package's folder."""
    members: Dict[str, bytes] = {"__main__.py": _MAIN}
    above = os.path.dirname(package)
    for folder, _, names in os.walk(package):
        for name in names:
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                with io.open(path, "rb") as stream:
                    members[os.path.relpath(path, above).replace(os.sep, "/")] = stream.read()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(members.items()):
            info = zipfile.ZipInfo(name, _DATE)
            info.external_attr = _MODE
            info.create_system = _UNIX
            archive.writestr(info, data)
    return _SHEBANG + buffer.getvalue()


def main(argv: Sequence[str]) -> int:
    """Write the archive; 0 when it was written, 2 with one line on stderr when not."""
    package = os.path.dirname(os.path.abspath(__file__))
    if len(argv) != 1 or not os.path.isdir(package):
        sys.stderr.write("usage: python -m passmuster_collector.zipapp DEST (from a folder, not from an archive)\n")
        return 2
    try:
        with io.open(argv[0], "wb") as stream:
            stream.write(build(package))
            os.fchmod(stream.fileno(), 0o755)
    except OSError as error:
        sys.stderr.write(f"passmuster-collector: {argv[0]}: {error.strerror}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
