"""Requests that nobody means to send: a million of them in a run by hand, a few thousand in the tests."""
