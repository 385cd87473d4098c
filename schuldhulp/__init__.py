"""Help people out of debt: the Python package of the system."""
