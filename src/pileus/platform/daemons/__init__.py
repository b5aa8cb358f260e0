"""The daemons of one machine: the table of them, and who starts, watches and stops them."""
