"""The index of one machine's storage: who has which objects, and the small ones themselves, in SQLite."""
