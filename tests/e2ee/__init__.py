"""End-to-end encryption, seen by a second implementation and by real browsers."""
