"""Linking mentions to citizens where rules alone could not decide."""
