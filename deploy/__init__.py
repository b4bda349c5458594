"""How the suite is put together and commanded: every wiring of services, stores and buses lives here."""
