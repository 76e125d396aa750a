"""Holds the Polly behind the gate against what AWS documents and is known to answer."""
