"""The audit log: who did what, from what to what, why; a chain for each office that nobody can rewrite unseen."""
