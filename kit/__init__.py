"""Plumbing every service shares: storage, messages, the web, identity. No domain noun lives here."""
