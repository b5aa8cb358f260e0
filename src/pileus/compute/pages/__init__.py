"""What compute's lists and links have in common on the wire."""
