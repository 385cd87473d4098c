"""What the system is about, in the standard library only: no chain, no database, no screen."""
