"""Swift's wire format, apart from what is done: names, moments, metadata, lists, conditions, ranges."""
