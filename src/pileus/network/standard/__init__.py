"""What every network resource has: standard attributes, lists with filters, tags, revisions."""
