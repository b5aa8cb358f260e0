"""What goes by itself when its time has come."""
