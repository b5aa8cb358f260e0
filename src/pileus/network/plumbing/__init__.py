"""How changes of the database reach the network backend."""
