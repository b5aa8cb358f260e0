"""Where accounts, containers and objects lie: a protocol, and files with SQLite on one machine behind it."""
