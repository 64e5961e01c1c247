"""One suite for each contract, run over the fake and over the real thing."""
