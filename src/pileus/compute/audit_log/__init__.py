"""The log of usage audits, which say for which hosts usage was reported in the last period."""
