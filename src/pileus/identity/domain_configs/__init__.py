"""Domain configurations: where a domain's users come from, and how."""
