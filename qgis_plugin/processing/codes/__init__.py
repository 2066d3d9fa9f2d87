"""Codes and coordinates."""
