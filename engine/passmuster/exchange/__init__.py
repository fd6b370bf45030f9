"""What crosses the air gap: bundles and redacted snapshots."""
