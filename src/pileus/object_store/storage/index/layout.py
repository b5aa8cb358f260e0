"""The tables of a shard, and how an older layout becomes the newest.

`objects` holds what plain lists show: the newest version of each name, unless that is a marker.  Everything older, and
every marker, is in `versions`, by the moment at which it was made.  `data` says where bytes are: "" for none, `s1` is
row 1 of `small`, `fab…` the file ab…, `pab…` the pieces of that id, in their order.  `sealed` is the key of bytes that
lie encrypted.  `damaged` names bytes that were found not to be those that were put.
"""

import sqlite3

LAYOUT = 3
"""Kept in the file's user_version."""

_FIRST = """
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, metadata TEXT NOT NULL,
    containers INTEGER NOT NULL DEFAULT 0, objects INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0);
CREATE TABLE containers (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, name BLOB NOT NULL, created INTEGER NOT NULL,
    changed INTEGER NOT NULL, policy TEXT NOT NULL, metadata TEXT NOT NULL,
    objects INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, UNIQUE (account, name));
CREATE TABLE objects (
    container INTEGER NOT NULL, name BLOB NOT NULL, stamp INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    content_type TEXT NOT NULL, metadata TEXT NOT NULL, delete_at INTEGER NOT NULL DEFAULT 0, data TEXT NOT NULL,
    PRIMARY KEY (container, name)) WITHOUT ROWID;
CREATE INDEX expiring ON objects (delete_at) WHERE delete_at > 0;
CREATE INDEX filed ON objects (data) WHERE data LIKE 'f%';
CREATE TABLE small (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE garbage (file TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER object_new AFTER INSERT ON objects BEGIN
    UPDATE containers SET objects = objects + 1, bytes = bytes + NEW.size WHERE id = NEW.container; END;
CREATE TRIGGER object_gone AFTER DELETE ON objects BEGIN
    UPDATE containers SET objects = objects - 1, bytes = bytes - OLD.size WHERE id = OLD.container; END;
CREATE TRIGGER object_other AFTER UPDATE OF size ON objects BEGIN
    UPDATE containers SET bytes = bytes + NEW.size - OLD.size WHERE id = NEW.container; END;
CREATE TRIGGER container_new AFTER INSERT ON containers BEGIN
    UPDATE accounts SET containers = containers + 1 WHERE id = NEW.account; END;
CREATE TRIGGER container_gone AFTER DELETE ON containers BEGIN
    UPDATE accounts SET containers = containers - 1 WHERE id = OLD.account; END;
CREATE TRIGGER container_other AFTER UPDATE OF objects, bytes ON containers BEGIN
    UPDATE accounts SET objects = objects + NEW.objects - OLD.objects, bytes = bytes + NEW.bytes - OLD.bytes
    WHERE id = NEW.account; END;
"""
_SECOND = """
ALTER TABLE containers ADD COLUMN versioning TEXT NOT NULL DEFAULT '';
ALTER TABLE objects ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE objects ADD COLUMN made INTEGER NOT NULL DEFAULT 0;
ALTER TABLE objects ADD COLUMN sealed BLOB NOT NULL DEFAULT x'';
CREATE TABLE versions (
    container INTEGER NOT NULL, name BLOB NOT NULL, stamp INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    content_type TEXT NOT NULL, metadata TEXT NOT NULL, delete_at INTEGER NOT NULL, data TEXT NOT NULL,
    version TEXT NOT NULL, made INTEGER NOT NULL, sealed BLOB NOT NULL, marker INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (container, name, made DESC)) WITHOUT ROWID;
CREATE INDEX version_expiring ON versions (delete_at) WHERE delete_at > 0;
CREATE INDEX version_null ON versions (container, name) WHERE version = '';
CREATE INDEX version_filed ON versions (data) WHERE data LIKE 'f%';
CREATE TABLE pieces (
    id TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, data TEXT NOT NULL,
    sealed BLOB NOT NULL, PRIMARY KEY (id, number)) WITHOUT ROWID;
CREATE INDEX piece_filed ON pieces (data) WHERE data LIKE 'f%';
CREATE TABLE uploads (
    id TEXT PRIMARY KEY, container INTEGER NOT NULL, name BLOB NOT NULL, created INTEGER NOT NULL,
    content_type TEXT NOT NULL, metadata TEXT NOT NULL, delete_at INTEGER NOT NULL,
    UNIQUE (container, name, id)) WITHOUT ROWID;
CREATE TABLE parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, stamp INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    data TEXT NOT NULL, sealed BLOB NOT NULL, note TEXT NOT NULL, PRIMARY KEY (upload, number)) WITHOUT ROWID;
CREATE INDEX part_filed ON parts (data) WHERE data LIKE 'f%';
CREATE TABLE claims (bucket BLOB PRIMARY KEY, account BLOB NOT NULL) WITHOUT ROWID;
CREATE TRIGGER version_new AFTER INSERT ON versions BEGIN
    UPDATE containers SET bytes = bytes + NEW.size WHERE id = NEW.container; END;
CREATE TRIGGER version_gone AFTER DELETE ON versions BEGIN
    UPDATE containers SET bytes = bytes - OLD.size WHERE id = OLD.container; END;
"""
_THIRD = """
CREATE TABLE damaged (data TEXT PRIMARY KEY, what TEXT NOT NULL, found INTEGER NOT NULL) WITHOUT ROWID;
"""
_STEPS = (_FIRST, _SECOND, _THIRD)
"""What leads from each layout to the next."""


class NewerLayout(Exception):
    """The file was written by a newer version; the message says which."""


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make the tables, or lead older ones on; in one transaction.

    Raises:
        NewerLayout: see there.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        layout = connection.execute("PRAGMA user_version").fetchone()[0]
        if layout > LAYOUT:
            raise NewerLayout(f"layout {layout}; this version knows {LAYOUT}")
        for step in _STEPS[layout:]:
            for statement in step.replace("; END;", "; END\0").replace(";\n", "\0").split("\0"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {LAYOUT}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
