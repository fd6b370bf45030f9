"""What a policy author uses, and `check` never loads: lint, tests, comparison, documentation, a new pack."""
