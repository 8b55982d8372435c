"""What each vendor promises, read from the data folders."""

from hookproof.contracts.library import Library as Library
from hookproof.contracts.library import default_library as default_library
from hookproof.contracts.model import Contract as Contract
from hookproof.contracts.model import Event as Event
from hookproof.contracts.model import Fact as Fact
from hookproof.contracts.model import Source as Source
