"""`make deploy`, `make diff` and `make destroy`: a deployment brought to its account, step by step, or taken down."""


class Problem(Exception):
    """What is in the way, in words for who typed the command."""
