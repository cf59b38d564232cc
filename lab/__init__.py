"""Stand-ins for the servers that Raindrop talks to, over real sockets on loopback."""

from .answers import Answer
from .faults import Fault, Faults, Kind
from .journal import Entry, Log
from .ports import Ports
from .stand import Lab

__all__ = ["Answer", "Entry", "Fault", "Faults", "Kind", "Lab", "Log", "Ports"]
