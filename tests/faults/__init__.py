"""Faults: what people see and hear when workers, networks, sockets, functions and laptops fail, and when it is back."""
