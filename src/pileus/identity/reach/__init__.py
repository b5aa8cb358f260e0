"""What a token reaches: the projects, domains and services that its user may turn to."""
