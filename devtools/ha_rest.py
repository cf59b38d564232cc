"""A client of Home Assistant's REST API."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from aiohttp import ClientSession

type Reply = dict[str, Any]

USER = "raindrop"
PASSWORD = "raindrop"


class RestError(Exception):
    """Home Assistant refused a request; the text is its response."""


class FlowKind(StrEnum):
    """The kinds of flows; the value is the path in the API."""

    ENTRY = "flow"
    OPTIONS = "options/flow"
    SUBENTRY = "subentries/flow"


class RestClient:
    """A client that is signed in as the first user."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Use the Home Assistant at a URL."""
        self._session = session
        self._url = url
        self._headers: dict[str, str] = {}

    async def is_onboarded(self) -> bool:
        """Return whether a user exists. Raises ClientError until Home Assistant listens."""
        async with self._session.get(f"{self._url}/api/onboarding") as response:
            # The path disappears once onboarding is complete.
            return response.status == HTTPStatus.NOT_FOUND

    async def sign_in(self) -> str:
        """Sign in, after creating the first user if needed; return an access token (30 minutes)."""
        client = {"client_id": f"{self._url}/"}
        if await self.is_onboarded():
            code = await self._trusted_code(client)
        else:
            person = {"name": "Raindrop", "username": USER, "password": PASSWORD, "language": "en"}
            created = await self.request("POST", "/api/onboarding/users", person | client)
            code = created["auth_code"]
        form = {"grant_type": "authorization_code", "code": code} | client
        async with self._session.post(f"{self._url}/auth/token", data=form) as response:
            response.raise_for_status()
            token: str = (await response.json())["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        return token

    async def _trusted_code(self, client: dict[str, str]) -> str:
        """Return the authorization code that a trusted network gets without a login."""
        query = {**client, "handler": ["trusted_networks", None], "redirect_uri": self._url}
        step = await self.request("POST", "/auth/login_flow", query)
        code: str = step["result"]
        return code

    async def request(self, method: str, path: str, data: object = None) -> Any:  # noqa: ANN401
        """Return the JSON response. Raises RestError if Home Assistant refuses the request."""
        async with self._session.request(
            method, self._url + path, json=data, headers=self._headers
        ) as response:
            if not response.ok:
                reason = await response.text()
                raise RestError(f"{method} {path}: {response.status} {reason}")
            return await response.json()

    async def is_running(self) -> bool:
        """Return whether Home Assistant has set up everything."""
        core = await self.request("GET", "/api/core/state")
        return bool(core["state"] == "RUNNING")

    async def entries(self, domain: str) -> list[Reply]:
        """Return the config entries of an integration."""
        path = f"/api/config/config_entries/entry?domain={domain}"
        entries: list[Reply] = await self.request("GET", path)
        return entries

    async def start_flow(
        self, handler: str | list[str], kind: FlowKind = FlowKind.ENTRY, **details: object
    ) -> Reply:
        """Start a flow and return its first step.

        The handler is a domain, the id of an entry for its options, or the id of an entry and the
        type of a subentry.
        """
        path = f"/api/config/config_entries/{kind}"
        step: Reply = await self.request("POST", path, {"handler": handler} | details)
        return step

    async def submit(
        self, step: Reply, data: Mapping[str, object], kind: FlowKind = FlowKind.ENTRY
    ) -> Reply:
        """Submit a step of a flow and return the next step."""
        path = f"/api/config/config_entries/{kind}/{step['flow_id']}"
        next_step: Reply = await self.request("POST", path, dict(data))
        return next_step

    async def states(self) -> dict[str, Reply]:
        """Return all states by entity id."""
        states = await self.request("GET", "/api/states")
        return {state["entity_id"]: state for state in states}

    async def call(
        self,
        domain: str,
        service: str,
        data: Mapping[str, object] | None = None,
        *,
        response: bool = False,
    ) -> Any:  # noqa: ANN401
        """Call an action and return the changed states, or its response data on request."""
        path = f"/api/services/{domain}/{service}{'?return_response' if response else ''}"
        return await self.request("POST", path, dict(data or {}))
