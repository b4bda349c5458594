"""Moving an installation between one machine and a cluster, there and back: ``quce migrate``."""
