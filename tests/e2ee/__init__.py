"""End-to-end encryption: a second implementation of its protocol, sealed calls in real browsers, who sits between."""
