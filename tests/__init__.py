"""Tests: see the folders."""
