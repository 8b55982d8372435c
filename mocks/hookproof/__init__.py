"""hookproof: prove your webhook receiver against the vendors that will call it."""

from hookproof.api import generate as generate
from hookproof.api import validate as validate
from hookproof.api import verify as verify
from hookproof.version import __version__ as __version__
