"""The list of servers' moves between hosts, which the API calls migrations.

Servers are not moved yet, so there are none to list; what can be asked is checked all the same.
"""
