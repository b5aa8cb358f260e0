"""Who asks: signatures of requests, of addresses and of bodies in pieces."""
