"""What one host does for its networks beside OVN itself.

``metadata.py`` keeps a metadata service in every network that has a server here; ``local.py`` says which
networks those are; ``namespaces.py``, ``switch.py`` and ``http.py`` are its hands; ``status.py`` looks after
the daemons of the host; ``ovsdb.py`` talks to an OVSDB server, for the network's OVN driver too.
"""
