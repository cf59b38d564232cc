"""Home Assistant's REST API, as far as the lab needs it."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from aiohttp import ClientSession

type Reply = dict[str, Any]

USER = "raindrop"
PASSWORD = "raindrop"


class RestError(Exception):
    """Home Assistant refused a request; the text is what it said."""


class FlowKind(StrEnum):
    """What a flow makes; the value is its place in the API."""

    ENTRY = "flow"
    OPTIONS = "options/flow"
    SUBENTRY = "subentries/flow"


class Rest:
    """A person who uses Home Assistant over HTTP."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Prepare to talk to the Home Assistant at a URL."""
        self._session = session
        self._url = url
        self._headers: dict[str, str] = {}

    async def is_onboarded(self) -> bool:
        """Return whether there is a user already; fails until Home Assistant listens."""
        async with self._session.get(f"{self._url}/api/onboarding") as answer:
            # The path is gone once everything is done.
            return answer.status == HTTPStatus.NOT_FOUND

    async def sign_in(self) -> str:
        """Sign in, as the first user if there is none, and return an access token (30 minutes)."""
        client = {"client_id": f"{self._url}/"}
        if await self.is_onboarded():
            code = await self._trusted_code(client)
        else:
            person = {"name": "Raindrop", "username": USER, "password": PASSWORD, "language": "en"}
            made = await self.request("POST", "/api/onboarding/users", person | client)
            code = made["auth_code"]
        form = {"grant_type": "authorization_code", "code": code} | client
        async with self._session.post(f"{self._url}/auth/token", data=form) as answer:
            answer.raise_for_status()
            token: str = (await answer.json())["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        return token

    async def _trusted_code(self, client: dict[str, str]) -> str:
        """Return the code that the trusted network is given without a question."""
        wanted = {**client, "handler": ["trusted_networks", None], "redirect_uri": self._url}
        step = await self.request("POST", "/auth/login_flow", wanted)
        code: str = step["result"]
        return code

    async def request(self, method: str, path: str, data: object = None) -> Any:  # noqa: ANN401
        """Return the JSON that Home Assistant answers; raises RestError when it refuses."""
        async with self._session.request(
            method, self._url + path, json=data, headers=self._headers
        ) as answer:
            if not answer.ok:
                said = await answer.text()
                raise RestError(f"{method} {path}: {answer.status} {said}")
            return await answer.json()

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
        """Begin a flow and return its first step.

        The handler is a domain; for options an entry's id; for a subentry the entry's id and the
        type of the subentry.
        """
        path = f"/api/config/config_entries/{kind}"
        step: Reply = await self.request("POST", path, {"handler": handler} | details)
        return step

    async def submit(
        self, step: Reply, answers: Mapping[str, object], kind: FlowKind = FlowKind.ENTRY
    ) -> Reply:
        """Answer a step of a flow and return what follows."""
        path = f"/api/config/config_entries/{kind}/{step['flow_id']}"
        following: Reply = await self.request("POST", path, dict(answers))
        return following

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
        answer: bool = False,
    ) -> Any:  # noqa: ANN401
        """Call a service and return the states that changed, or its answer if it has one."""
        path = f"/api/services/{domain}/{service}{'?return_response' if answer else ''}"
        return await self.request("POST", path, dict(data or {}))
