"""The wanted network as rows of OVN's northbound database (made for OVN 23.03 and newer).

The walk of one ``apply``: ``backend.py`` collects what callers hand in, ``northbound.py`` takes it into one
transaction on the thread of the connection, ``view.py`` says what else is touched, ``mapping/`` turns each
object into rows (pure), ``differ.py`` writes what differs.  ``southbound.py`` hears what the hosts did.

Every row of ours carries in ``external_ids``: ``pileus:key`` (``kind:id`` of its object, with ``#part`` for
all but the object's chief row) and ``pileus:in`` (the key of the row that it hangs on).  The chief row also
has ``pileus:wanted``, the object as it was applied, and ``pileus:revision``.  So the database itself is the
whole memory of this driver: it keeps no file, and two of them may work on one database.
"""

from pileus.network.backend.ovn.backend import OvnBackend

__all__ = ["OvnBackend"]
