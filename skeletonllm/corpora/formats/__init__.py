"""From bytes to arrays: the file formats of corpora, read without trusting them."""
