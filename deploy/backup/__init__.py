"""Backups: one consistent cut over all stores, the log and the files; and the ways back from it."""
