"""Simulator of the servers that Raindrop uses, over real sockets on loopback."""

from .faults import Fault, Faults, Kind
from .ports import Ports
from .request_log import Entry, Log
from .responses import Response
from .simulator import Simulator
from .stun import StunFault

__all__ = ["Entry", "Fault", "Faults", "Kind", "Log", "Ports", "Response", "Simulator", "StunFault"]
