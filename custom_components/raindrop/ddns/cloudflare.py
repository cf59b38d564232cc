"""The client for Cloudflare's API v4: one door, no retries, no memory but the rate limit.

https://developers.cloudflare.com/api/
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
import os
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientSession

from . import wire
from .credential import Credential, scrub
from .errors import (
    CloudflareConnectionError,
    CloudflareNotFoundError,
    CloudflareRefusedError,
    CloudflareResponseError,
    CloudflareTimeoutError,
    Fault,
    Permission,
    classify,
)
from .model import Change, Create, HostName, Record, RecordId, Update, Zone, ZoneId
from .names import to_unicode
from .transport import (
    AnswerTooLongError,
    HttpAnswer,
    UnansweredError,
    UnansweredInTimeError,
    request,
)

BASE_URL = "https://api.cloudflare.com/client/v4"
BASE_URL_VARIABLE = "CLOUDFLARE_BASE_URL"
"""The variable by which Cloudflare's own SDKs are pointed elsewhere."""

MAX_BATCH = 200
"""Operations in one batch on the Free plan; every plan allows as many."""
MAX_BATCH_PAID = 3500
"""Operations in one batch on the Pro, Business and Enterprise plans.

https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/
"""

_TIMEOUT_S = 20.0
_MAX_ANSWER = 16 * 1024 * 1024
"""More than a full page of records, in bytes."""
_PAGE_SIZE = 5000
"""More records than a zone of any self-service plan can hold (3,500)."""
_MAX_PAGES = 200
_NO_RECORD = RecordId("0" * 32)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def base_url() -> str:
    """Return where the API is: Cloudflare, or where the environment points.

    Raises ValueError for an address to which a credential must not travel:
    plain HTTP is for loopback alone.
    """
    url = (os.environ.get(BASE_URL_VARIABLE) or BASE_URL).rstrip("/")
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname:
        message = f"{BASE_URL_VARIABLE} must be an https address"
        raise ValueError(message)
    return url


class CloudflareClient:
    """Asks Cloudflare with one credential.

    Every method raises CloudflareError as ``errors.classify`` says,
    CloudflareConnectionError or CloudflareTimeoutError if no answer arrived,
    and CloudflareResponseError if it cannot be read.
    """

    def __init__(
        self, session: ClientSession, credential: Credential, *, max_batch: int = MAX_BATCH
    ) -> None:
        """Use a session that somebody else owns and closes."""
        self._session = session
        self._credential = credential
        self.base_url = base_url()
        self.max_batch = max_batch
        """How many changes the zone's plan allows in one batch."""
        self.rate_limit: wire.RateLimit | None = None
        """What may still be asked, as of the last answer."""
        self.requests = 0
        """How often Cloudflare was asked."""

    @property
    def credential_kind(self) -> str:
        """What kind of credential is used; never the credential itself."""
        return type(self._credential).__name__

    async def zone(self, zone_id: ZoneId) -> Zone:
        """Return a zone by its identifier; needs Zone Read."""
        envelope = await self._ask("GET", f"/zones/{zone_id}", needs=Permission.ZONE_READ)
        return wire.read_zone(envelope.result)

    async def find_zone(self, name: HostName) -> Zone | None:
        """Return the zone of this very name, None if the credential sees none.

        Zones answer with their name in Unicode while records do in Punycode,
        and which of them the filter takes is not documented: both are tried.
        """
        for spelling in dict.fromkeys((name, to_unicode(name))):
            envelope = await self._ask(
                "GET", "/zones", query={"name": spelling}, needs=Permission.ZONE_READ
            )
            for zone in wire.read_zones(envelope.result or []):
                if zone.name == name:
                    return zone
        return None

    async def list_records(self, zone_id: ZoneId, name: HostName | None = None) -> list[Record]:
        """Return all records of a zone, or all at one name: every page or an error."""
        query = {"per_page": str(_PAGE_SIZE)} | ({"name.exact": name} if name else {})
        records: dict[RecordId, Record] = {}
        page = pages = 1
        while page <= pages:
            envelope = await self._ask(
                "GET",
                f"/zones/{zone_id}/dns_records",
                query=query | ({"page": str(page)} if page > 1 else {}),
                needs=Permission.DNS_READ,
            )
            found = wire.read_records(envelope.result)
            records |= {record.id: record for record in found}
            pages = envelope.total_pages
            if pages > _MAX_PAGES or (page < pages and not found):
                raise CloudflareResponseError("Cloudflare's list has no end")
            page += 1
        return list(records.values())

    async def batch(self, zone_id: ZoneId, changes: Sequence[Change]) -> list[Record]:
        """Make up to ``max_batch`` changes, all or none; return the records after them."""
        envelope = await self._ask(
            "POST",
            f"/zones/{zone_id}/dns_records/batch",
            body=wire.batch_body(changes),
            needs=Permission.DNS_EDIT,
        )
        return wire.read_batch(envelope.result)

    async def create(self, zone_id: ZoneId, change: Create) -> Record:
        """Create one record."""
        envelope = await self._ask(
            "POST",
            f"/zones/{zone_id}/dns_records",
            body=wire.create_body(change),
            needs=Permission.DNS_EDIT,
        )
        return wire.read_record(envelope.result)

    async def update(self, zone_id: ZoneId, change: Update) -> Record:
        """Change the fields of one record that differ; all others stay."""
        envelope = await self._ask(
            "PATCH",
            f"/zones/{zone_id}/dns_records/{change.record.id}",
            body=wire.update_body(change),
            needs=Permission.DNS_EDIT,
        )
        return wire.read_record(envelope.result)

    async def delete(self, zone_id: ZoneId, record_id: RecordId) -> None:
        """Delete one record; one that is gone already counts as deleted."""
        try:
            await self._ask(
                "DELETE",
                f"/zones/{zone_id}/dns_records/{record_id}",
                needs=Permission.DNS_EDIT,
            )
        except CloudflareNotFoundError:
            return

    async def check_edit(self, zone_id: ZoneId) -> None:
        """Raise CloudflarePermissionError if the credential may not edit records.

        Asks to change nothing in a record that cannot exist. The permission
        comes before the look for the record, so any answer but a denial means
        that it is there.
        """
        try:
            await self._ask(
                "PATCH",
                f"/zones/{zone_id}/dns_records/{_NO_RECORD}",
                body={},
                needs=Permission.DNS_EDIT,
            )
        except CloudflareNotFoundError, CloudflareRefusedError:
            return

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        needs: Permission,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> wire.Envelope:
        """Return the envelope of a successful answer, raise what any other stands for."""
        url = self.base_url + path + (f"?{urlencode(query)}" if query else "")
        answer = await self._send(method, url, body)
        self.rate_limit = wire.read_rate_limit(answer.headers) or self.rate_limit
        try:
            envelope = wire.read_envelope(answer.body)
        except CloudflareResponseError:
            # The edge answers its own troubles and limits in HTML or text.
            envelope = wire.Envelope(is_success=False)
        if envelope.is_success and answer.status == HTTPStatus.OK:
            return envelope
        raise classify(
            answer.status,
            [self._scrubbed(fault) for fault in envelope.faults],
            needs=needs,
            retry_after_s=wire.read_retry_after(answer.headers),
        )

    async def _send(self, method: str, url: str, body: object) -> HttpAnswer:
        """Return the answer to a request that carries the credential."""
        self.requests += 1
        try:
            return await request(
                self._session,
                method,
                url,
                timeout_s=_TIMEOUT_S,
                limit=_MAX_ANSWER,
                headers=self._credential.headers,
                body=body,
            )
        except UnansweredInTimeError as err:
            raise CloudflareTimeoutError("Cloudflare did not answer in time") from err
        except UnansweredError as err:
            raise CloudflareConnectionError(f"Cloudflare was not reached ({err})") from err
        except AnswerTooLongError as err:
            raise CloudflareResponseError("Cloudflare's answer is too long") from err

    def _scrubbed(self, fault: Fault) -> Fault:
        """Return an error of Cloudflare's in which the credential cannot be read."""
        return replace(fault, message=scrub(self._credential, fault.message))
