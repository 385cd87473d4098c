"""Building blocks that the screens share."""
