"""`make bench-relay`: what forwarding a call costs, beside other relays under the same load."""
