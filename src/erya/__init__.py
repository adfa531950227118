"""Erya."""
