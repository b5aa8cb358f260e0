"""What ended tokens before their time, as Keystone tells it, and what is left of its earlier kinds of tokens."""
