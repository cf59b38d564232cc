"""The one detection of the house: all entries share what the sources say."""

from functools import partial
import socket

from aiohttp import ClientSession
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .ddns import detect
from .ddns.model import Family

_DETECTOR: HassKey[detect.Detector] = HassKey(f"{DOMAIN}_detector")
_SOCKETS = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}


@callback
def async_get_detector(hass: HomeAssistant) -> detect.Detector:
    """Return the detector that all entries share."""
    if _DETECTOR not in hass.data:
        hass.data[_DETECTOR] = detect.Detector(partial(_session, hass), detect.WEB_SOURCES)
    return hass.data[_DETECTOR]


@callback
def _session(hass: HomeAssistant, family: Family) -> ClientSession:
    """Return Home Assistant's session that connects by one family only."""
    return async_get_clientsession(hass, family=_SOCKETS[family])
