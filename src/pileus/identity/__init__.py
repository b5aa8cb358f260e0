"""Identity: who there is and what they may (Keystone v3)."""
