"""Ways to reach a person, one a file."""
