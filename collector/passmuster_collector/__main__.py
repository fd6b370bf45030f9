"""``python -m passmuster_collector``."""

import sys

from passmuster_collector.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
