"""What must stay true of servers and their hosts: one loop in each file."""
