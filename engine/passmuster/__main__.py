"""`python -m passmuster`."""

import sys

from passmuster.cli import main

if __name__ == "__main__":
    sys.exit(main())
