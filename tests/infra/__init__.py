"""The template, asserted on."""
