"""Processes beside the serving one: objects are served there, so that their traffic cannot starve the control plane."""
