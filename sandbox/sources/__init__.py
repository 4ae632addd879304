"""The sources the sandbox answers for: complaint board, registries, lists."""
