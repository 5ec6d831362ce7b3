"""Readers of motion capture: rigs, markers, body models, and features made of them."""
