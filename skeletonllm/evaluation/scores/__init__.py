"""How good responses are: from rows of answers to the numbers of ``evaluation.json``."""
