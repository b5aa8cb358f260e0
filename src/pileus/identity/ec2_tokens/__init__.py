"""Tokens for requests that are signed with an EC2 access key."""
