"""Values of CEL and their types: equality, numbers, moments, versions, and the budget of a run."""
