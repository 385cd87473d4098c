"""One module a screen; each guards itself and calls services."""
