"""Receipts: what somebody has proven so far who must prove more."""
