"""The edge: accounts, sessions, the way of every request to its service, and the pages.

Owns accounts, sessions and bearer tokens. Emits ``account.changed``. Hears nothing. Addresses of people are
not kept here but in notify; everything else that pages show is asked of the services.
"""
