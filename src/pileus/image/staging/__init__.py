"""Where data wait that are not yet any image's: local files, digested while they come in."""
