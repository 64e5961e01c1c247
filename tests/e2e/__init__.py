"""Whole ways through the running system, in real browsers."""
