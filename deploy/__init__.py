"""How the suite is run: as one process, and from the command line."""
