"""The documents by which clients find out which versions of compute there are."""
