"""Credentials: parsing two form fields, request headers, and redaction."""

from urllib.parse import quote

import pytest

from custom_components.raindrop.ddns.cloudflare.credentials import (
    ApiToken,
    Credential,
    GlobalApiKey,
    read_credential,
    scrub,
)
from custom_components.raindrop.ddns.errors import CloudflareAuthError, CredentialProblem
from tests.secrets import EMAIL, GLOBAL_KEY, OLD_TOKEN, TOKEN

NEW_KEY = "cfk_" + "Downpour" * 5 + "abcd"
ACCOUNT_TOKEN = "cfat_" + "showers" * 6
AMBIGUOUS = "facade" * 6 + "cafe"
"""Forty hexadecimal characters: the format of an old token, and of a key."""


@pytest.mark.parametrize(
    "email, key, credential",
    [
        pytest.param("", OLD_TOKEN, ApiToken(OLD_TOKEN), id="40 characters/token"),
        pytest.param(None, TOKEN, ApiToken(TOKEN), id="user's prefix, no email/token"),
        pytest.param("", ACCOUNT_TOKEN, ApiToken(ACCOUNT_TOKEN), id="account's prefix/token"),
        pytest.param(EMAIL, TOKEN, ApiToken(TOKEN), id="token with email/token"),
        pytest.param(EMAIL, OLD_TOKEN, ApiToken(OLD_TOKEN), id="old token with email/token"),
        pytest.param("nonsense", TOKEN, ApiToken(TOKEN), id="token with nonsense/token"),
        pytest.param(EMAIL, GLOBAL_KEY, GlobalApiKey(EMAIL, GLOBAL_KEY), id="37 digits/key"),
        pytest.param(EMAIL, "a" * 45, GlobalApiKey(EMAIL, "a" * 45), id="45 digits/key"),
        pytest.param(EMAIL, NEW_KEY, GlobalApiKey(EMAIL, NEW_KEY), id="key's prefix/key"),
        pytest.param("", AMBIGUOUS, ApiToken(AMBIGUOUS), id="40 digits, no email/token"),
        pytest.param(EMAIL, AMBIGUOUS, GlobalApiKey(EMAIL, AMBIGUOUS), id="40 digits, email/key"),
        pytest.param("", "future~1", ApiToken("future~1"), id="unknown/token"),
        pytest.param(
            EMAIL,
            "future-format~1",
            GlobalApiKey(EMAIL, "future-format~1"),
            id="unknown, email/key",
        ),
        pytest.param("", "a" * 36, ApiToken("a" * 36), id="36 digits/token"),
        pytest.param("", f" {TOKEN}\n", ApiToken(TOKEN), id="white space around/none"),
        pytest.param("  ", f"Bearer {TOKEN}", ApiToken(TOKEN), id="Bearer/without"),
        pytest.param("", f"bearer \t{TOKEN} ", ApiToken(TOKEN), id="bearer and spaces/without"),
        pytest.param(
            f"\t{EMAIL} ", GLOBAL_KEY, GlobalApiKey(EMAIL, GLOBAL_KEY), id="space at email/none"
        ),
    ],
)
def test_the_format_decides_the_kind(email: str | None, key: str, credential: Credential) -> None:
    """Tokens and Global API Keys are recognized by their format, else by the email address."""
    assert read_credential(email, key) == credential


@pytest.mark.parametrize(
    "email, key, problem",
    [
        pytest.param("", "", CredentialProblem.MALFORMED, id="empty/malformed"),
        pytest.param("", "two words", CredentialProblem.MALFORMED, id="space inside/malformed"),
        pytest.param(
            "", f"{TOKEN}\r\nX: y", CredentialProblem.MALFORMED, id="another header/malformed"
        ),
        pytest.param("", f"{TOKEN}\x00", CredentialProblem.MALFORMED, id="null/malformed"),
        pytest.param("", "tökén" * 8, CredentialProblem.MALFORMED, id="umlauts/malformed"),
        pytest.param("", f'"{TOKEN}"', CredentialProblem.MALFORMED, id="quotes/malformed"),
        pytest.param("", "=====", CredentialProblem.MALFORMED, id="padding alone/malformed"),
        pytest.param("", GLOBAL_KEY, CredentialProblem.EMAIL_MISSING, id="key alone/no email"),
        pytest.param(None, NEW_KEY, CredentialProblem.EMAIL_MISSING, id="new key alone/no email"),
        pytest.param(" ", GLOBAL_KEY, CredentialProblem.EMAIL_MISSING, id="blank email/no email"),
        pytest.param("me", GLOBAL_KEY, CredentialProblem.EMAIL_MALFORMED, id="no at sign/email"),
        pytest.param(
            "me@a@b", GLOBAL_KEY, CredentialProblem.EMAIL_MALFORMED, id="two at signs/email"
        ),
        pytest.param(
            "me @example.net", GLOBAL_KEY, CredentialProblem.EMAIL_MALFORMED, id="space/email"
        ),
        pytest.param(
            "Me <me@example.net>", GLOBAL_KEY, CredentialProblem.EMAIL_MALFORMED, id="name/email"
        ),
        pytest.param(
            "me@example.net\r\nX: y",
            GLOBAL_KEY,
            CredentialProblem.EMAIL_MALFORMED,
            id="header/email",
        ),
    ],
)
def test_a_malformed_credential_is_rejected_without_a_request(
    email: str | None, key: str, problem: CredentialProblem
) -> None:
    """A credential that cannot be valid is an auth error with the problem, and no status."""
    with pytest.raises(CloudflareAuthError) as caught:
        read_credential(email, key)

    assert (caught.value.problem, caught.value.status, caught.value.codes) == (problem, None, ())


@pytest.mark.parametrize("character", ["\x00", "\x1f", "\x7f", "\x1b"], ids=ascii)
def test_an_email_address_with_a_control_character_is_malformed(character: str) -> None:
    """An email address that is not allowed in a header is rejected."""
    with pytest.raises(CloudflareAuthError) as caught:
        read_credential(f"me{character}@example.net", GLOBAL_KEY)

    assert caught.value.problem is CredentialProblem.EMAIL_MALFORMED


def test_a_token_is_sent_in_one_header() -> None:
    """A token is sent as a bearer token."""
    assert ApiToken(TOKEN).headers == {"Authorization": f"Bearer {TOKEN}"}


def test_a_key_is_sent_in_two_headers() -> None:
    """A Global API Key is sent with the email address of the account."""
    assert GlobalApiKey(EMAIL, GLOBAL_KEY).headers == {
        "X-Auth-Email": EMAIL,
        "X-Auth-Key": GLOBAL_KEY,
    }


@pytest.mark.parametrize(
    "credential, secrets",
    [
        pytest.param(ApiToken(TOKEN), (TOKEN,), id="token"),
        pytest.param(GlobalApiKey(EMAIL, GLOBAL_KEY), (GLOBAL_KEY, EMAIL), id="key"),
    ],
)
def test_s18_a_credential_is_never_shown(credential: Credential, secrets: tuple[str, ...]) -> None:
    """Lesson S18: neither the repr of a credential nor a redacted text contains it."""
    assert credential.secrets == secrets
    echo = f"Invalid {' for '.join(secrets)}, again {secrets[0]}"
    for text in (repr(credential), str(credential), f"{credential}", scrub(credential, echo)):
        assert not [secret for secret in secrets if secret in text]
    assert scrub(credential, "Invalid TTL") == "Invalid TTL"
    assert scrub(credential, echo).endswith("again ***")


ODD_EMAIL = "Jürgen+dns/1@example.net"


@pytest.mark.parametrize(
    "credential, text, redacted",
    [
        pytest.param(ApiToken(TOKEN), TOKEN.upper(), "***", id="upper case"),
        pytest.param(ApiToken(TOKEN), TOKEN.swapcase(), "***", id="other case"),
        pytest.param(ApiToken("a+b/c=="), "x a%2Bb%2fc%3D%3d y", "x *** y", id="encoded"),
        pytest.param(ApiToken("a+b/c=="), "x a%2Bb/c=%3D y", "x *** y", id="partly encoded"),
        pytest.param(ApiToken("a.b"), "a.b axb", "*** axb", id="dot is only a dot"),
        pytest.param(ApiToken("a.b"), "".join(f"%{ord(c):02X}" for c in "A.B"), "***", id="all"),
        pytest.param(
            GlobalApiKey(EMAIL, GLOBAL_KEY),
            f"?email={quote(EMAIL.upper())}&key={GLOBAL_KEY.title()}",
            "?email=***&key=***",
            id="query",
        ),
        pytest.param(
            GlobalApiKey(ODD_EMAIL, GLOBAL_KEY), quote(ODD_EMAIL, safe=""), "***", id="UTF-8"
        ),
        pytest.param(
            GlobalApiKey(ODD_EMAIL, GLOBAL_KEY),
            quote(ODD_EMAIL.upper(), safe="").lower(),
            "***",
            id="UTF-8, upper case",
        ),
        pytest.param(GlobalApiKey("\ud800@b", GLOBAL_KEY), "\ud800@B", "***", id="surrogate"),
    ],
)
def test_s18_every_spelling_of_a_credential_is_redacted(
    credential: Credential, text: str, redacted: str
) -> None:
    """Lesson S18: a credential is redacted in any case and percent-encoded."""
    assert scrub(credential, text) == redacted
