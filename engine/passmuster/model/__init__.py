"""The words that every room uses: outcome, verdict, field path, unknown fact, duration. It imports nothing."""
