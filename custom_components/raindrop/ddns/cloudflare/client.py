"""Client for zones and DNS records of Cloudflare's API v4; only a list is ever repeated.

https://developers.cloudflare.com/api/
"""

from asyncio import get_running_loop
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
import logging
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientSession

from ..errors import (
    BaseUrlError,
    CloudflareCertificateError,
    CloudflareConnectionError,
    CloudflareError,
    CloudflareNotFoundError,
    CloudflareRefusedError,
    CloudflareResponseError,
    CloudflareTimeoutError,
    NoResponseError,
    Permission,
    ResponseTimeoutError,
    ResponseTooLongError,
    UntrustedServerError,
)
from ..host_names import to_unicode
from ..http import USER_AGENT, HttpResponse, request
from ..models import Change, Create, HostName, Record, RecordId, Update, ZoneId
from ..zones import MAX_BATCH, Zone
from . import codec, zone_codec
from .credentials import Credential, scrub
from .errors import ApiError, classify, is_captive_portal, quoted
from .ownership import NO_HOME, Ownership
from .record_listing import RecordPage, is_complete, read_page

_LOGGER = logging.getLogger(__name__)

BASE_URL = "https://api.cloudflare.com/client/v4"

_LARGE = 256 * 1024
"""From how many bytes on a response is read in a thread, because it would block the event loop."""
_MAX_PAGES = 200
_MAX_LISTINGS = 2
_NO_RECORD = RecordId("0" * 32)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check_base_url(url: str) -> str:
    """Return the base URL of an API without a trailing slash, if a credential may be sent there.

    Raises BaseUrlError for anything but HTTPS, or plain HTTP to loopback. The
    URL is not part of the error, for it may contain a password.
    """
    url = url.rstrip("/")
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme, parts.hostname
    except ValueError:
        scheme, host = "", None
    is_safe = scheme == "https" or (scheme == "http" and host in _LOOPBACK)
    if not is_safe or not host:
        raise BaseUrlError("the base URL must be HTTPS, or plain HTTP to loopback")
    return url


class CloudflareClient:
    """Client for Cloudflare's API with one credential.

    Every method sends its requests at once and never repeats one, except for
    ``list_records``. It raises CloudflareError as ``cloudflare.errors.classify`` says,
    CloudflareConnectionError or one of its subclasses if no response arrived, and
    CloudflareResponseError if it cannot be read. Requests are logged at debug level:
    method, path, status, error codes and duration, never a query, a header or a body.
    """

    page_size = 5000
    """Records to request in one page of a list; Cloudflare may return fewer.

    The default is more than a zone of any self-service plan can have (3,500).
    """
    max_response_bytes = 16 * 1024 * 1024
    """A longer response raises CloudflareResponseError; the default holds a full page."""

    def __init__(
        self,
        session: ClientSession,
        credential: Credential,
        *,
        base_url: str = BASE_URL,
        user_agent: str = USER_AGENT,
        ownership: Ownership = NO_HOME,
        timeout_s: float = 20.0,
        max_batch: int = MAX_BATCH,
    ) -> None:
        """Create a client; no request is sent.

        ``session`` stays open; the caller closes it, after the last request.
        ``base_url`` is checked as ``check_base_url`` does. ``ownership`` marks the
        records that are created or taken over, and distinguishes them from those of
        other homes. ``timeout_s`` limits one request with its response.
        """
        self._session = session
        self._credential = credential
        self._user_agent = user_agent
        self.ownership = ownership
        """The comments of this home, and what those of others mean."""
        self.timeout_s = timeout_s
        self.base_url = check_base_url(base_url)
        self.max_batch = max_batch
        """How many changes the zone's plan allows in one batch."""
        self.rate_limit: codec.RateLimit | None = None
        """The rest of the rate limit, as of the last response that reported it."""
        self.requests = 0
        """How many requests were sent."""

    @property
    def credential_kind(self) -> str:
        """The kind of the credential, for diagnostics: ``ApiToken`` or ``GlobalApiKey``."""
        return type(self._credential).__name__

    def quote(self, message: str) -> str:
        """Return a message of Cloudflare on one line, bounded, without the credential."""
        return quoted([ApiError(0, scrub(self._credential, message))])

    async def zone(self, zone_id: ZoneId) -> Zone:
        """Get a zone by its identifier; needs Zone Read."""
        envelope = await self.call("GET", f"/zones/{zone_id}", Permission.ZONE_READ)
        return zone_codec.read_zone(envelope.result)

    async def token_expiry(self, account_id: str | None = None) -> datetime | None:
        """Get when the API token expires, None if it does not; needs no permission.

        The token of an account is found only with ``account_id``, that of a user
        only without; otherwise raises CloudflareAuthError, though the token is valid.
        """
        owner = f"/accounts/{account_id}" if account_id else "/user"
        envelope = await self.call("GET", f"{owner}/tokens/verify", Permission.ZONE_READ)
        return codec.read_token_expiry(envelope.result)

    async def find_zones(self, name: HostName) -> list[Zone]:
        """Find all accessible zones with a name, in any account; needs Zone Read.

        Zones have their names in Unicode but records in Punycode, and the documentation
        does not say which of them the filter accepts, so both are tried.
        """
        for spelling in dict.fromkeys((name, to_unicode(name))):
            envelope = await self.call(
                "GET", "/zones", Permission.ZONE_READ, query={"name": spelling}
            )
            zones = zone_codec.read_zones(envelope.result or [])
            if named := [zone for zone in zones if zone.name == name]:
                return named
        return []

    async def list_records(
        self,
        zone_id: ZoneId,
        name: HostName | None = None,
        *,
        names: Collection[HostName] | None = None,
    ) -> list[Record]:
        """List all records of a zone, or all at one name: the complete list or an error.

        A record that cannot be read is an error only if it may matter for an address of
        ``name`` or one of ``names``, by default any name; others are ignored. An
        incomplete list is requested once more, the only request that is ever repeated:
        several pages, because the zone may have changed between them, and the records
        at one name together with all others, because it is not certain what the count
        of a filtered list counts.
        """
        path = f"/zones/{zone_id}/dns_records"
        query = {"per_page": str(self.page_size), "include_shadow_metadata": "true"}
        query |= {"name.exact": name} if name else {}
        names = names if name is None else [name]
        for _ in range(_MAX_LISTINGS):
            pages = await self._list_pages(path, query, names)
            if is_complete(pages):
                records = (record for page in pages for record in page.records)
                return [record for record in records if name in (None, record.name)]
            is_filtered = query.pop("name.exact", None) is not None
            if len(pages) == 1 and not is_filtered:
                break
        raise CloudflareResponseError("Cloudflare's list of records is not complete")

    async def _list_pages(
        self, path: str, query: Mapping[str, str], names: Collection[HostName] | None
    ) -> list[RecordPage]:
        """Return all pages of a list of records."""
        pages: list[RecordPage] = []
        while not pages or len(pages) < pages[-1].last_page:
            of_page = {"page": str(len(pages) + 1)} if pages else {}
            envelope = await self.call("GET", path, Permission.DNS_READ, query={**query, **of_page})
            page = await _read(
                envelope.size, read_page, envelope, self.page_size, self.ownership, names
            )
            pages.append(page)
            if page.last_page > _MAX_PAGES or (len(pages) < page.last_page and not page.count):
                raise CloudflareResponseError("Cloudflare's list has no end")
        return pages

    async def batch(self, zone_id: ZoneId, changes: Sequence[Change]) -> list[Record]:
        """Make up to ``max_batch`` changes in one transaction.

        Returns the records after them: the updated ones, then the created
        ones. Raises UnusableAddressError, before anything is sent, if an
        address may not be written.
        """
        body = codec.batch_body(changes, self.ownership)
        envelope = await self._write("POST", zone_id, "/batch", body)
        return await _read(envelope.size, codec.read_batch, envelope.result, self.ownership)

    async def create(self, zone_id: ZoneId, change: Create) -> Record:
        """Create one record, marked as this home's.

        Raises UnusableAddressError as ``batch`` does.
        """
        body = codec.create_body(change, self.ownership)
        envelope = await self._write("POST", zone_id, "", body)
        return codec.read_record(envelope.result, self.ownership)

    async def update(self, zone_id: ZoneId, change: Update) -> Record:
        """Update the fields of one record that differ; Cloudflare keeps all others.

        Raises UnusableAddressError as ``batch`` does.
        """
        body = codec.update_body(change, self.ownership)
        envelope = await self._write("PATCH", zone_id, f"/{change.record.id}", body)
        return codec.read_record(envelope.result, self.ownership)

    async def delete(self, zone_id: ZoneId, record_id: RecordId) -> None:
        """Delete one record; a record that does not exist counts as deleted."""
        with suppress(CloudflareNotFoundError):
            await self._write("DELETE", zone_id, f"/{record_id}")

    async def delete_batch(self, zone_id: ZoneId, record_ids: Sequence[RecordId]) -> None:
        """Delete up to ``max_batch`` records in one transaction: all of them, or none."""
        await self._write("POST", zone_id, "/batch", codec.deletes_body(record_ids))

    async def check_edit(self, zone_id: ZoneId) -> None:
        """Raise CloudflarePermissionError if the credential may not edit records.

        Sends an empty change of a record that cannot exist. Cloudflare checks
        the permission before it looks for the record, so any response but a
        denial means that the credential may edit. Nothing is changed. Raises
        CloudflareRefusedError if editing is forbidden for another reason.
        """
        try:
            with suppress(CloudflareNotFoundError):
                await self._write("PATCH", zone_id, f"/{_NO_RECORD}", {})
        except CloudflareRefusedError as err:
            if err.status == HTTPStatus.FORBIDDEN:
                raise

    async def _write(
        self, method: str, zone_id: ZoneId, subpath: str, body: object = None
    ) -> codec.Envelope:
        """Send a request that changes a zone's records."""
        path = f"/zones/{zone_id}/dns_records{subpath}"
        return await self.call(method, path, Permission.DNS_EDIT, body=body)

    async def call(
        self,
        method: str,
        path: str,
        needs: Permission,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        begins_operation: bool = False,
    ) -> codec.Envelope:
        """Return the envelope of a successful response; raise for any other.

        ``needs`` is the permission for it. With ``begins_operation``, a refusal
        because another operation is pending raises CloudflareBusyError.
        """
        url = self.base_url + path + (f"?{urlencode(query)}" if query else "")
        started_at_s = get_running_loop().time()
        try:
            response = await self._send(method, url, body)
        except CloudflareError as err:
            self._log(method, path, type(err).__name__, [], started_at_s)
            raise
        self.rate_limit = codec.read_rate_limit(response.headers) or self.rate_limit
        try:
            envelope = await _read(len(response.body), codec.read_envelope, response.body)
        except CloudflareResponseError:
            # Cloudflare's edge reports its own failures and limits in HTML or text.
            envelope = codec.Envelope(is_success=False)
        codes = [error.code for error in envelope.errors]
        self._log(method, path, f"HTTP {response.status}", codes, started_at_s)
        if envelope.is_success and response.status == HTTPStatus.OK:
            return envelope
        raise classify(
            response.status,
            [ApiError(e.code, scrub(self._credential, e.message)) for e in envelope.errors],
            needs=needs,
            retry_after_s=codec.read_retry_after(response.headers),
            begins_operation=begins_operation,
            is_captive_portal=is_captive_portal(response.status, response.headers, response.body),
        )

    async def _send(self, method: str, url: str, body: object) -> HttpResponse:
        """Send a request with the credential and return the response, whatever its status."""
        self.requests += 1
        try:
            return await request(
                self._session,
                method,
                url,
                timeout_s=self.timeout_s,
                limit=self.max_response_bytes,
                headers={"User-Agent": self._user_agent, **self._credential.headers},
                body=body,
            )
        except ResponseTimeoutError as err:
            raise CloudflareTimeoutError("Cloudflare did not respond in time") from err
        except UntrustedServerError as err:
            raise CloudflareCertificateError("Cloudflare's certificate is not trusted") from err
        except NoResponseError as err:
            raise CloudflareConnectionError(f"Could not connect to Cloudflare ({err})") from err
        except ResponseTooLongError as err:
            raise CloudflareResponseError("Cloudflare's response is too long") from err

    def _log(
        self, method: str, path: str, status: str, codes: list[int], started_at_s: float
    ) -> None:
        if _LOGGER.isEnabledFor(logging.DEBUG):
            path, now_s = scrub(self._credential, path), get_running_loop().time()
            duration_s = now_s - started_at_s
            _LOGGER.debug("%s %s: %s, codes %s, %.3f s", method, path, status, codes, duration_s)


async def _read[*Ts, ResultT](size: int, read: Callable[[*Ts], ResultT], *args: *Ts) -> ResultT:
    """Return what a function reads from a response, in a thread if that is large."""
    if size < _LARGE:
        return read(*args)
    return await get_running_loop().run_in_executor(None, read, *args)
