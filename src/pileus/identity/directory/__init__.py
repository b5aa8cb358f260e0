"""Directories: domains whose users and groups lie in LDAP."""
