"""The whole service on one machine's loopback: what `make run` starts."""
