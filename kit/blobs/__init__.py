"""Files: the port, and one adapter a file."""
