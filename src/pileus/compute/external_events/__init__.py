"""What other services tell compute about servers."""
