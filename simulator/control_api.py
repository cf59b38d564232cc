"""The control API: the state and the settings of the simulator over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from .cloudflare import Cloudflare, RefusedError, Zone
from .dashboard import render
from .faults import Faults
from .http_server import LOOPBACK, SHUTDOWN_TIMEOUT_S, origin
from .ip_services import IpServices
from .request_log import Log
from .resolvers import Resolvers
from .stun import StunFault, StunService

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NUMERIC_FILTERS = frozenset({"family", "connection", "status"})


class Control:
    """The control API of one simulator."""

    def __init__(
        self,
        urls: Callable[[], dict[str, Any]],
        *,
        ip: IpServices,
        stun: StunService,
        doh: Resolvers,
        cloudflare: Cloudflare,
        faults: Faults,
        log: Log,
        port: int,
    ) -> None:
        """Control the parts of a simulator; port 0 lets the system choose."""
        self._urls = urls
        self._ip = ip
        self._stun = stun
        self._doh = doh
        self._cloudflare = cloudflare
        self._faults = faults
        self._log = log
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The URL of the control API."""
        return origin(4, self._port)

    async def start(self) -> None:
        """Open the port."""
        app = web.Application(middlewares=[_error_responses])
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK[4], self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the port."""
        if self._runner:
            await self._runner.cleanup()

    def _routes(self) -> list[web.RouteDef]:
        records = "/zones/{zone}/records"
        return [
            web.get("/", self._get_dashboard),
            web.get("/state", self._get_state),
            web.put("/addresses", self._put_address),
            web.put("/lines", self._put_lines),
            web.put("/stun", self._put_stun),
            web.put("/delegations", self._put_delegation),
            web.put("/switches", self._put_switches),
            web.post("/zones", self._post_zone),
            web.patch("/zones/{zone}", self._patch_zone),
            web.get(records, self._get_records),
            web.post(records, self._post_record),
            web.patch(records + "/{id}", self._patch_record),
            web.delete(records + "/{id}", self._delete_record),
            web.post("/zones/{zone}/odd-records", self._post_odd_record),
            web.delete("/zones/{zone}/odd-records", self._delete_odd_records),
            web.post("/credentials", self._post_credentials),
            web.delete("/credentials", self._delete_credentials),
            web.get("/faults", self._get_faults),
            web.post("/faults", self._post_fault),
            web.delete("/faults", self._delete_faults),
            web.get("/log", self._get_log),
            web.delete("/log", self._delete_log),
        ]

    def state(self) -> dict[str, Any]:
        """Return the state of the simulator, without secrets."""
        return {
            **self._urls(),
            "addresses": self._ip.addresses,
            "zones": [_zone(zone) for zone in self._cloudflare.zones],
            "tokens": [
                {
                    "id": token.id,
                    "owner": token.owner,
                    "permissions": sorted(token.permissions),
                    "zones": None if token.zones is None else sorted(token.zones),
                    "only_from": token.only_from and [str(network) for network in token.only_from],
                    "status": token.status,
                }
                for token in self._cloudflare.credentials.tokens
            ],
            "users": [user.email for user in self._cloudflare.credentials.users],
            "switches": self._cloudflare.switches.shown(),
            "reachable": self._cloudflare.reachable,
            "rate_limit": self._cloudflare.limiter.enforced,
            "faults": [fault.shown() for fault in self._faults.active],
            "counters": self._log.counters(),
            "probes": self._stun.probes,
            "surprises": self._log.surprises,
        }

    async def _get_dashboard(self, _request: web.Request) -> web.Response:
        html = render(self.state(), self._cloudflare.zones, self._log.entries)
        return web.Response(text=html, content_type="text/html")

    async def _get_state(self, _request: web.Request) -> web.Response:
        return web.json_response(self.state())

    async def _put_address(self, request: web.Request) -> web.Response:
        """Set the address that the IP services report."""
        self._ip.set_address(**await _body(request))
        return web.json_response(self._ip.addresses)

    async def _put_lines(self, request: web.Request) -> web.Response:
        """Set the addresses of several lines, one of which each connection leaves by."""
        self._ip.set_lines(**await _body(request))
        return web.json_response(self._ip.addresses)

    async def _put_stun(self, request: web.Request) -> web.Response:
        """Set what is wrong with the STUN server, and which addresses it reports."""
        body = await _body(request)
        self._stun.fault = StunFault(body["fault"]) if body.get("fault") else None
        self._stun.set_mapped(body.get("mapped", ()))
        return web.json_response({"probes": self._stun.probes})

    async def _put_delegation(self, request: web.Request) -> web.Response:
        """Set the nameservers elsewhere to which a zone is delegated; null ends that."""
        body = await _body(request)
        self._doh.delegations.pop(body["zone"], None)
        if body["name_servers"] is not None:
            self._doh.delegations[body["zone"]] = tuple(body["name_servers"])
        self._doh.clear_caches()
        return web.json_response(self._doh.delegations)

    async def _put_switches(self, request: web.Request) -> web.Response:
        """Set switches, the rate limit, and whether the API is reachable."""
        cloudflare = self._cloudflare
        for name, value in (await _body(request)).items():
            if name == "reachable":
                cloudflare.reachable = bool(value)
            elif name == "rate_limit":
                cloudflare.limiter.enforced = bool(value)
            else:
                setattr(cloudflare.switches, name, value)
        return web.json_response(cloudflare.switches.shown())

    async def _post_zone(self, request: web.Request) -> web.Response:
        zone = self._cloudflare.add_zone(**await _body(request))
        return web.json_response(_zone(zone), status=201)

    async def _patch_zone(self, request: web.Request) -> web.Response:
        """Change what a zone says of itself."""
        fields = await _body(request)
        zone = self._cloudflare.edit_zone(request.match_info["zone"], **fields)
        return web.json_response(_zone(zone))

    async def _get_records(self, request: web.Request) -> web.Response:
        return web.json_response(self._cloudflare.records(request.match_info["zone"]))

    async def _post_record(self, request: web.Request) -> web.Response:
        """Add a record as an external change."""
        fields = await _body(request)
        record = self._cloudflare.add_record(request.match_info["zone"], **fields)
        return web.json_response(record, status=201)

    async def _patch_record(self, request: web.Request) -> web.Response:
        """Edit a record as an external change."""
        zone, record_id = request.match_info["zone"], request.match_info["id"]
        fields = await _body(request)
        return web.json_response(self._cloudflare.edit_record(zone, record_id, **fields))

    async def _delete_record(self, request: web.Request) -> web.Response:
        """Delete a record as an external change."""
        zone, record_id = request.match_info["zone"], request.match_info["id"]
        self._cloudflare.delete_record(zone, record_id)
        return web.Response(status=204)

    async def _post_odd_record(self, request: web.Request) -> web.Response:
        """Add a record that lists show exactly as given."""
        fields = await _body(request)
        record = self._cloudflare.add_odd_record(request.match_info["zone"], **fields)
        return web.json_response(record, status=201)

    async def _delete_odd_records(self, request: web.Request) -> web.Response:
        """Remove all records that lists show exactly as given."""
        self._cloudflare.clear_odd_records(request.match_info["zone"])
        return web.Response(status=204)

    async def _post_credentials(self, request: web.Request) -> web.Response:
        """Add a token, or a user with a Global API Key."""
        fields = await _body(request)
        if "email" in fields:
            user = self._cloudflare.add_user(**fields)
            return web.json_response({"email": user.email}, status=201)
        token = self._cloudflare.add_token(**fields)
        return web.json_response({"id": token.id}, status=201)

    async def _delete_credentials(self, request: web.Request) -> web.Response:
        """Revoke a token or key."""
        self._cloudflare.credentials.revoke((await _body(request))["secret"])
        return web.Response(status=204)

    async def _get_faults(self, _request: web.Request) -> web.Response:
        return web.json_response([fault.shown() for fault in self._faults.active])

    async def _post_fault(self, request: web.Request) -> web.Response:
        fault = self._faults.add(**await _body(request))
        return web.json_response(fault.shown(), status=201)

    async def _delete_faults(self, _request: web.Request) -> web.Response:
        self._faults.clear()
        return web.Response(status=204)

    async def _get_log(self, request: web.Request) -> web.Response:
        """Return the log entries that match the query."""
        filters: Any = {
            key: int(value) if key in NUMERIC_FILTERS else value
            for key, value in request.query.items()
        }
        return web.json_response([entry.shown() for entry in self._log.select(**filters)])

    async def _delete_log(self, _request: web.Request) -> web.Response:
        self._log.clear()
        return web.Response(status=204)


@web.middleware
async def _error_responses(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn an invalid request into a response with the reason."""
    try:
        return await handler(request)
    except RefusedError as refused:
        return web.json_response({"error": str(refused)}, status=refused.status)
    except (ValueError, TypeError, KeyError, AttributeError) as err:
        return web.json_response({"error": f"{type(err).__name__}: {err}"}, status=400)


async def _body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request. Raises ValueError for anything else."""
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - the type in the request is wrong, not in the code
    return body


def _zone(zone: Zone) -> dict[str, Any]:
    """Return the summary of a zone."""
    return {
        "id": zone.id,
        "name": zone.name,
        "unicode_name": zone.unicode_name,
        "plan": zone.plan.legacy_id,
        "status": zone.status,
        "paused": zone.paused,
        "type": zone.type,
        "account": zone.account.name,
        "records": len(zone.records),
    }
