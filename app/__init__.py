"""The cockpit: screens for residents, caseworkers, creditors and administrators."""
