"""ec2 credentials."""
