"""What changes something: matches, decisions, drafts and their publication, code tables, the first seed."""
