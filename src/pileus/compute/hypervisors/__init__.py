"""The machines (or their parts) that servers run on, as their hosts report them."""
