"""What stands between the wire and the core, one feature a file; `joined.py` is the list of them."""
