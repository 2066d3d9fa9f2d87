"""Findings: what is proposed, accepted, refused, allowed."""
