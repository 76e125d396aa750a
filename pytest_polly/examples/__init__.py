"""Example clients, sound and broken, with the contract run over each of them.

``pytest --pyargs pytest_polly.examples`` shows the matrix of every one.
"""
