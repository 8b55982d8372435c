"""How a story is told in a vendor's words."""
