"""From names and files to snapshots, policies and the criteria of a check."""
