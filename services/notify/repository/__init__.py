"""Where notify keeps what: its collections, and records read as the things they are."""
