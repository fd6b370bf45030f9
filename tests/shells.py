"""The command in a shell: streams and redirections as a user has them."""

from __future__ import annotations

import os
import subprocess
import sys


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in which the word P stands for the command."""
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    program = f"{sys.executable} -m passmuster"
    return subprocess.run(
        ["bash", "-c", line.replace("P ", f"{program} ")], check=False, capture_output=True, env=given
    )
