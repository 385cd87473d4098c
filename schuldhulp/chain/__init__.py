"""The chain: deployment file, reading, signing and sending."""
