"""Container sync: a container that is copied to another one, here or in another cloud."""
