"""hookproof: prove your webhook receiver against the vendors that will call it."""

from hookproof.version import __version__ as __version__
