"""What sets the project up and starts it; nothing here runs in production."""
