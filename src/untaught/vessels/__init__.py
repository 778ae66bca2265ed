"""Vessels in images, with few labels or none: finding them, scoring what was found, measuring it."""
