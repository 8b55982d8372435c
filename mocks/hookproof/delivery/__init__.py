"""How requests travel: where they may go, what can go wrong on purpose, and the bytes on the wire."""
