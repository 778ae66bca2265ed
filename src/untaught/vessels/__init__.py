"""Vessels from a handful of labels: descriptors, LFNet, training, prediction, measuring."""
