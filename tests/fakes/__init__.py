"""Stand-ins written by hand; those with a contract are held to it together with the real thing."""
