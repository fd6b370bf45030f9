"""From text to tree: the expression is parsed by cel-python, and lowered to a tree of our own."""
