"""Networks under test: hosts in namespaces of their own, and wires between them that delay, lose, narrow and block."""
