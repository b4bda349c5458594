"""How people run a service, the same for each: its dead letters and what they decide of them, and how it is."""
