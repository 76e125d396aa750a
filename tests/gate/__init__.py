"""Holds the gate, and STS behind it, against what AWS is known to answer."""
