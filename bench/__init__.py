"""Figures that the documents quote; each command prints a table and writes build/bench/NAME.json."""
