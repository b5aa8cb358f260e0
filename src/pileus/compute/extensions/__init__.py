"""The list of extensions, which old clients read to learn what compute can do."""
