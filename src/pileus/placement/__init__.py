"""Placement: what there is and who has claimed it (Placement 1.0-1.39)."""
