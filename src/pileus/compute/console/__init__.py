"""Consoles: logs, and the tickets with which a browser reaches a server's screen."""
