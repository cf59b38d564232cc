"""Cloudflare credentials: API tokens and Global API Keys, recognized by their format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
import re

from ..errors import CloudflareAuthError, CredentialProblem

_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""Characters allowed in the header (RFC 6750 section 2.1); Cloudflare promises no length."""
_TOKEN = re.compile(r"cf[ua]t_.+|[A-Za-z0-9_-]{40}")
_GLOBAL_KEY = re.compile(r"cfk_.+|[0-9a-f]{37,45}")
_EMAIL = re.compile(r"[^@\s,;<>\x00-\x1f\x7f]+@[^@\s,;<>\x00-\x1f\x7f]+")
_REDACTED = "***"
_MAX_TEXT = 4096
"""Characters of a text that are searched for a credential; no more are returned."""
_LONGEST_SPELLING = 12
"""Characters of one percent-encoded character: four bytes of UTF-8."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An API token, owned by a user or an account."""

    token: str = field(repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """The request headers that authenticate with this token."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must never be shown or logged."""
        return (self.token,)


@dataclass(frozen=True, slots=True)
class GlobalApiKey:
    """The Global API Key of a user, with the email address of the account."""

    email: str = field(repr=False)
    key: str = field(repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """The request headers that authenticate with this key."""
        return {"X-Auth-Email": self.email, "X-Auth-Key": self.key}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must never be shown or logged."""
        return (self.key, self.email)


type Credential = ApiToken | GlobalApiKey


def read_credential(email: str | None, key: str) -> Credential:
    """Parse the credential from the two fields of a form, without a request.

    The format of ``key`` decides between token and key where it is
    unambiguous; 40 hexadecimal characters can be either, and are a key if
    there is an email address. White space around both and a leading "Bearer"
    are removed. Raises CloudflareAuthError with the problem.
    Formats: https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/
    """
    email = (email or "").strip()
    key = re.sub(r"(?i)^bearer\s+", "", key.strip())
    if not _BEARER.fullmatch(key):
        raise _unusable(CredentialProblem.MALFORMED)
    is_key, is_token = bool(_GLOBAL_KEY.fullmatch(key)), bool(_TOKEN.fullmatch(key))
    if is_token and not (is_key and email):
        return ApiToken(key)
    if not email and is_key:
        raise _unusable(CredentialProblem.EMAIL_MISSING)
    if not email:
        return ApiToken(key)
    if not _EMAIL.fullmatch(email):
        raise _unusable(CredentialProblem.EMAIL_MALFORMED)
    return GlobalApiKey(email, key)


def scrub(credential: Credential, text: str) -> str:
    """Redact a credential in a text, in upper or lower case and with any character percent-encoded.

    A long text is cut so that it cannot end in a part of the credential.
    """
    is_cut, text = len(text) > _MAX_TEXT, text[:_MAX_TEXT]
    for secret in credential.secrets:
        text = re.sub("".join(map(_spellings, secret)), _REDACTED, text, flags=re.IGNORECASE)
    longest = max(map(len, credential.secrets)) * _LONGEST_SPELLING
    return text[: max(len(text) - longest, 0)] if is_cut else text


@cache
def _spellings(char: str) -> str:
    """Return a pattern for a character itself, or percent-encoded (RFC 3986 section 2.1)."""
    encoded = (
        "".join(f"%{byte:02x}" for byte in form.encode(errors="surrogatepass"))
        for form in dict.fromkeys((char, char.lower(), char.upper()))
    )
    return f"(?:{'|'.join((re.escape(char), *encoded))})"


def _unusable(problem: CredentialProblem) -> CloudflareAuthError:
    return CloudflareAuthError(f"The credential cannot be used: {problem}", problem=problem)
