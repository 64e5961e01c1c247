"""Each part by itself, over fakes; no network, no browser."""
