"""Which clips of an index a page shows, and which parts of protocols hold them."""
