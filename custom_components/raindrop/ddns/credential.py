"""The two kinds of credential, told apart by their format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re

from .errors import CloudflareAuthError, CredentialFault

_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What may stand in a header (RFC 6750 section 2.1); no fixed length is safe to ask for."""
_TOKEN = re.compile(r"cf[ua]t_.+|[A-Za-z0-9_-]{40}")
_GLOBAL_KEY = re.compile(r"cfk_.+|[0-9a-f]{37,45}")
_EMAIL = re.compile(r"[^@\s,;<>\x00-\x1f\x7f]+@[^@\s,;<>\x00-\x1f\x7f]+")
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An API token, owned by a user or an account."""

    token: str = field(repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that prove it."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return (self.token,)


@dataclass(frozen=True, slots=True)
class GlobalApiKey:
    """The Global API Key of a user, with the email address of the account."""

    email: str = field(repr=False)
    key: str = field(repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that prove it."""
        return {"X-Auth-Email": self.email, "X-Auth-Key": self.key}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return (self.key, self.email)


type Credential = ApiToken | GlobalApiKey


def read_credential(email: str | None, key: str) -> Credential:
    """Return the credential that two form fields hold.

    The format decides where it says so; 40 hexadecimal characters are both a
    possible token and a possible key, and there the email address decides.
    Formats: https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/
    Raises CloudflareAuthError with the fault.
    """
    email = (email or "").strip()
    key = re.sub(r"(?i)^bearer\s+", "", key.strip())
    if not _BEARER.fullmatch(key):
        raise _malformed(CredentialFault.MALFORMED)
    is_key, is_token = bool(_GLOBAL_KEY.fullmatch(key)), bool(_TOKEN.fullmatch(key))
    if is_token and not (is_key and email):
        return ApiToken(key)
    if not email and is_key:
        raise _malformed(CredentialFault.EMAIL_MISSING)
    if not email:
        return ApiToken(key)
    if not _EMAIL.fullmatch(email):
        raise _malformed(CredentialFault.EMAIL_MALFORMED)
    return GlobalApiKey(email, key)


def scrub(credential: Credential, text: str) -> str:
    """Return a text in which the credential cannot be read."""
    for secret in credential.secrets:
        text = text.replace(secret, _HIDDEN)
    return text


def _malformed(fault: CredentialFault) -> CloudflareAuthError:
    """Return the error for a credential that need not be tried."""
    return CloudflareAuthError(f"The credential cannot be used: {fault}", fault=fault)
