"""Files and standards in and out."""
