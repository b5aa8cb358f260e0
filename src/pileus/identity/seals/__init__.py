"""Seals: how a token's content becomes text that nobody else can make."""
