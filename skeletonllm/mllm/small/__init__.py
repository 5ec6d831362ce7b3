"""The offline model ``small``: trained by others, from pip packages, on two cores.

Its modules are imported where a model is loaded: the packages are an extra.
"""
