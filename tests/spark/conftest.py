"""Tests with a cluster start Java; `make test-spark` asks for them, and nothing else does."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("PASSMUSTER_SPARK") else ["test_spark_cluster.py"]
