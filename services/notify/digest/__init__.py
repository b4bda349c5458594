"""The weekly digest, pure: which records each figure counts, what it comes to, and what changed afterwards."""
