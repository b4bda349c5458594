"""Documents: the port, and one adapter a file."""
