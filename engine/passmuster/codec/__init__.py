"""One door to each library and to files: JSON, YAML, JSON Schema, and the data that ships with the engine."""
