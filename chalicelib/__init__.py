"""Venterom's functions: the pure core, the use cases, and the edge that joins them to AWS."""
