"""`make bench-loss`: two browsers call through this relay and through mediasoup over wires that lose packets."""
