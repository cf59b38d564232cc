"""The control port: the lab's levers over HTTP, for a lab that runs in a process of its own."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .cloudflare import RefusedError, Zone
from .page import page
from .serving import LOOPBACK, SHUTDOWN_TIMEOUT_S, origin

if TYPE_CHECKING:
    from .stand import Lab

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

WANTED_NUMBERS = frozenset({"family", "connection", "status"})


class Control:
    """The control port of one lab."""

    def __init__(self, lab: Lab, port: int) -> None:
        """Work the levers of a lab; port 0 lets the system choose."""
        self._lab = lab
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where the control port listens."""
        return origin(4, self._port)

    async def start(self) -> None:
        """Listen."""
        app = web.Application(middlewares=[_refusing])
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
        """Return all levers."""
        records = "/zones/{zone}/records"
        return [
            web.get("/", self._page),
            web.get("/state", self._state),
            web.put("/addresses", self._put_address),
            web.put("/switches", self._put_switches),
            web.post("/zones", self._post_zone),
            web.get(records, self._get_records),
            web.post(records, self._post_record),
            web.patch(records + "/{id}", self._patch_record),
            web.delete(records + "/{id}", self._delete_record),
            web.post("/credentials", self._post_credentials),
            web.delete("/credentials", self._delete_credentials),
            web.get("/faults", self._get_faults),
            web.post("/faults", self._post_fault),
            web.delete("/faults", self._delete_faults),
            web.get("/log", self._get_log),
            web.delete("/log", self._delete_log),
        ]

    def state(self) -> dict[str, Any]:
        """Return everything that can be known of the lab, without a secret."""
        lab = self._lab
        return {
            **lab.urls(),
            "addresses": lab.ip.addresses,
            "zones": [_zone(zone) for zone in lab.cloudflare.zones],
            "tokens": [
                {
                    "id": token.id,
                    "owner": token.owner,
                    "permissions": sorted(token.permissions),
                    "zones": None if token.zones is None else sorted(token.zones),
                    "only_from": token.only_from and [str(network) for network in token.only_from],
                    "status": token.status,
                }
                for token in lab.cloudflare.credentials.tokens
            ],
            "users": [user.email for user in lab.cloudflare.credentials.users],
            "switches": lab.cloudflare.switches.shown(),
            "reachable": lab.cloudflare.reachable,
            "rate_limit": lab.cloudflare.limiter.enforced,
            "faults": [fault.shown() for fault in lab.faults.active],
            "counters": lab.log.counters(),
            "surprises": lab.log.surprises,
        }

    async def _page(self, _request: web.Request) -> web.Response:
        """Show the page for people."""
        return web.Response(text=page(self.state(), self._lab), content_type="text/html")

    async def _state(self, _request: web.Request) -> web.Response:
        """Answer with the state."""
        return web.json_response(self.state())

    async def _put_address(self, request: web.Request) -> web.Response:
        """Set what IP services report."""
        self._lab.ip.set_address(**await _body(request))
        return web.json_response(self._lab.ip.addresses)

    async def _put_switches(self, request: web.Request) -> web.Response:
        """Set switches, the rate limit, and whether the API is reachable."""
        cloudflare = self._lab.cloudflare
        for name, value in (await _body(request)).items():
            if name == "reachable":
                cloudflare.reachable = bool(value)
            elif name == "rate_limit":
                cloudflare.limiter.enforced = bool(value)
            else:
                setattr(cloudflare.switches, name, value)
        return web.json_response(cloudflare.switches.shown())

    async def _post_zone(self, request: web.Request) -> web.Response:
        """Add a zone."""
        zone = self._lab.cloudflare.add_zone(**await _body(request))
        return web.json_response(_zone(zone), status=201)

    async def _get_records(self, request: web.Request) -> web.Response:
        """Answer with the records of a zone."""
        return web.json_response(self._lab.cloudflare.records(request.match_info["zone"]))

    async def _post_record(self, request: web.Request) -> web.Response:
        """Add a record by a stranger's hand."""
        fields = await _body(request)
        record = self._lab.cloudflare.add_record(request.match_info["zone"], **fields)
        return web.json_response(record, status=201)

    async def _patch_record(self, request: web.Request) -> web.Response:
        """Change a record by a stranger's hand."""
        zone, record_id = request.match_info["zone"], request.match_info["id"]
        fields = await _body(request)
        return web.json_response(self._lab.cloudflare.edit_record(zone, record_id, **fields))

    async def _delete_record(self, request: web.Request) -> web.Response:
        """Delete a record by a stranger's hand."""
        zone, record_id = request.match_info["zone"], request.match_info["id"]
        self._lab.cloudflare.delete_record(zone, record_id)
        return web.Response(status=204)

    async def _post_credentials(self, request: web.Request) -> web.Response:
        """Add a token, or a user with a key."""
        fields = await _body(request)
        if "email" in fields:
            user = self._lab.cloudflare.add_user(**fields)
            return web.json_response({"email": user.email}, status=201)
        token = self._lab.cloudflare.add_token(**fields)
        return web.json_response({"id": token.id}, status=201)

    async def _delete_credentials(self, request: web.Request) -> web.Response:
        """Make a token or key stop working."""
        self._lab.cloudflare.credentials.revoke((await _body(request))["secret"])
        return web.Response(status=204)

    async def _get_faults(self, _request: web.Request) -> web.Response:
        """Answer with the faults that are set."""
        return web.json_response([fault.shown() for fault in self._lab.faults.active])

    async def _post_fault(self, request: web.Request) -> web.Response:
        """Set a fault."""
        fault = self._lab.faults.add(**await _body(request))
        return web.json_response(fault.shown(), status=201)

    async def _delete_faults(self, _request: web.Request) -> web.Response:
        """Clear all faults."""
        self._lab.faults.clear()
        return web.Response(status=204)

    async def _get_log(self, request: web.Request) -> web.Response:
        """Answer with the entries that the query asks for."""
        wanted: Any = {
            key: int(value) if key in WANTED_NUMBERS else value
            for key, value in request.query.items()
        }
        return web.json_response([entry.shown() for entry in self._lab.log.select(**wanted)])

    async def _delete_log(self, _request: web.Request) -> web.Response:
        """Clear the log."""
        self._lab.log.clear()
        return web.Response(status=204)


@web.middleware
async def _refusing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with the reason when a lever cannot be worked that way."""
    try:
        return await handler(request)
    except RefusedError as refused:
        return web.json_response({"error": str(refused)}, status=refused.status)
    except (ValueError, TypeError, KeyError, AttributeError) as err:
        return web.json_response({"error": f"{type(err).__name__}: {err}"}, status=400)


async def _body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request; raises ValueError if it is none."""
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - it is the caller's value that is wrong
    return body


def _zone(zone: Zone) -> dict[str, Any]:
    """Return what is worth knowing of a zone."""
    return {
        "id": zone.id,
        "name": zone.name,
        "unicode_name": zone.unicode_name,
        "plan": zone.plan.legacy_id,
        "account": zone.account.name,
        "records": len(zone.records),
    }
