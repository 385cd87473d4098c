"""Brownie scripts: deploy the contracts, check a deployment, give and take roles, export ABIs."""
