"""Host names: normalization, display, and completion of a typed domain."""

from hypothesis import given, strategies as st
import pytest

from custom_components.raindrop.ddns.errors import (
    HostNameError,
    OutsideZoneError,
    RelativeNameError,
)
from custom_components.raindrop.ddns.host_names import (
    full_name,
    host_of,
    is_within,
    parents,
    to_ascii,
    to_unicode,
)
from custom_components.raindrop.ddns.models import HostName

ZONE = HostName("example.com")
IDN_ZONE = HostName("xn--mnchen-3ya.example")
LONG = ".".join(["a" * 61] * 4)
"""Six characters shorter than the longest name."""


@pytest.mark.parametrize(
    "text, name",
    [
        pytest.param("home.example.com", "home.example.com", id="plain/as it is"),
        pytest.param(" home.example.com\n", "home.example.com", id="white space around/none"),
        pytest.param("HOME.Example.COM", "home.example.com", id="upper case/lower"),
        pytest.param("home.example.com.", "home.example.com", id="final dot/none"),
        pytest.param("münchen.example", "xn--mnchen-3ya.example", id="umlaut/punycode"),
        pytest.param("MÜNCHEN.example", "xn--mnchen-3ya.example", id="upper umlaut/punycode"),
        pytest.param("mu\u0308nchen.example", "xn--mnchen-3ya.example", id="two parts/one"),
        pytest.param("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example", id="punycode/lower"),
        pytest.param("straße.example", "xn--strae-oqa.example", id="sharp s/its own"),
        pytest.param("STRASSE.example", "strasse.example", id="two s/two s"),
        pytest.param("STRAẞE.example", "xn--strae-oqa.example", id="capital sharp s/sharp s"),
        pytest.param("🏠.example", "xn--um8h.example", id="emoji/punycode"),
        pytest.param("home.例え.テスト", "home.xn--r8jz45g.xn--zckzah", id="japanese/punycode"),
        pytest.param("例え。テスト", "xn--r8jz45g.xn--zckzah", id="ideographic dot/dot"),
        pytest.param("ｈｏｍｅ．example｡com", "home.example.com", id="full width/plain"),  # noqa: RUF001
        pytest.param("ho\xadme.exam\u200bple.com", "home.example.com", id="soft hyphen/none"),
        pytest.param("ﬁre.example", "fire.example", id="ligature/letters"),
        pytest.param("İzmir.example", "xn--izmir-7fd.example", id="dotted capital/two parts"),
        pytest.param("नीर्\u200cय.example", "xn--l2boc7d4cs45q.example", id="joiner/kept"),
        pytest.param("*.example.com", "*.example.com", id="wildcard/as it is"),
        pytest.param("_dmarc.example.com", "_dmarc.example.com", id="underscore/as it is"),
        pytest.param("a--b.example.com", "a--b.example.com", id="two hyphens/as it is"),
        pytest.param("0.example.com", "0.example.com", id="digit/as it is"),
        pytest.param("a" * 63 + ".example", "a" * 63 + ".example", id="longest label/as it is"),
        pytest.param(f"{LONG}.abcde", f"{LONG}.abcde", id="longest name/as it is"),
    ],
)
def test_s21_a_name_is_normalized(text: str, name: str) -> None:
    """Lesson S21: every spelling of a name gives the same Punycode."""
    assert to_ascii(text) == name
    assert to_ascii(name) == name


@pytest.mark.parametrize(
    "text, name",
    [
        pytest.param("i❤\ufe0f.example", "xn--i-7iq.example", id="emoji selector"),
        pytest.param("ho\u034fme.example", "home.example", id="grapheme joiner"),
        pytest.param("ΟΔΟΣ-1.example", "xn---1-k9b7bby.example", id="capital sigma at an end"),
    ],
)
def test_s21_characters_that_uts_46_ignores_are_ignored(text: str, name: str) -> None:
    """Lesson S21: characters that UTS #46 ignores or maps do not make another name."""
    assert to_ascii(text) == name


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" ", id="blank"),
        pytest.param(".", id="dot"),
        pytest.param("..", id="dots"),
        pytest.param("home..example.com", id="empty label"),
        pytest.param(".example.com", id="leading dot"),
        pytest.param("example.com..", id="two final dots"),
        pytest.param("-home.example.com", id="leading hyphen"),
        pytest.param("home-.example.com", id="trailing hyphen"),
        pytest.param("my home.example.com", id="space"),
        pytest.param("home.example.com/", id="slash"),
        pytest.param("https://home.example.com", id="URL"),
        pytest.param("home.example.com:443", id="port"),
        pytest.param("me@example.com", id="at sign"),
        pytest.param("@", id="at sign alone"),
        pytest.param("home.*.example.com", id="wildcard inside"),
        pytest.param("*home.example.com", id="wildcard in a label"),
        pytest.param("**.example.com", id="two stars"),
        pytest.param("a" * 64 + ".example", id="long label"),
        pytest.param("ü" * 60 + ".example", id="long label in Punycode"),
        pytest.param(f"{LONG}.abcdef", id="long name"),
        pytest.param("home\x00.example.com", id="null"),
        pytest.param("ü ü.example.com", id="space beside an umlaut"),
        pytest.param("xn--.example.com", id="empty Punycode"),
    ],
)
def test_a_name_that_dns_does_not_allow_is_rejected(text: str) -> None:
    """A text that cannot be a name in DNS is rejected."""
    with pytest.raises(HostNameError, match="not a host name"):
        to_ascii(text)


@pytest.mark.parametrize("text", ["\ud800.example.com", "xn--ib9b.example.com"])
def test_a_surrogate_is_never_sent(text: str) -> None:
    """A surrogate, plain or in Punycode, is rejected or stays encoded."""
    try:
        shown = to_unicode(to_ascii(text))
    except HostNameError:
        return
    assert shown.encode()


def test_half_of_a_surrogate_pair_is_not_quoted() -> None:
    """No log and no form can show it."""
    with pytest.raises(HostNameError, match=r"^not a host name: it contains half of a surrogate"):
        to_ascii("\ud800.example.com")


@pytest.mark.parametrize(
    "name, shown",
    [
        pytest.param("home.xn--mnchen-3ya.example", "home.münchen.example", id="umlaut/decoded"),
        pytest.param("xn--strae-oqa.example", "straße.example", id="sharp s/decoded"),
        pytest.param("xn--um8h.example", "🏠.example", id="emoji/decoded"),
        pytest.param("home.example.com", "home.example.com", id="plain/as it is"),
        pytest.param("*.example.com", "*.example.com", id="wildcard/as it is"),
        pytest.param("xn--a-0000.example", "xn--a-0000.example", id="broken/as it is"),
        pytest.param("xn--home-.example", "xn--home-.example", id="plain in disguise/as it is"),
        pytest.param("xn--mnchen-1oa.example", "xn--mnchen-1oa.example", id="capital/as it is"),
        pytest.param("xn--99999999.example", "xn--99999999.example", id="overflow/as it is"),
    ],
)
def test_names_are_shown_in_unicode(name: str, shown: str) -> None:
    """A label is shown in Unicode only if encoding it gives the same label."""
    assert to_unicode(name) == shown


labels = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
punycode = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", max_size=12).map("xn--{}".format)
typed = st.lists(st.one_of(labels, punycode), min_size=1, max_size=3).map(".".join)


@given(text=typed)
def test_a_name_survives_a_round_trip(text: str) -> None:
    """Every accepted name can be shown and typed again, and is the same name."""
    try:
        name = to_ascii(text)
    except HostNameError:
        return

    assert name.isascii()
    assert name == name.lower() == name.strip() == to_ascii(name)
    assert len(name) <= 253
    assert all(0 < len(label) <= 63 for label in name.split("."))
    assert to_ascii(to_unicode(name)) == name
    assert to_ascii(f"{to_unicode(name)}.") == name


@pytest.mark.parametrize(
    "text, zone, name",
    [
        pytest.param("home.example.com", ZONE, "home.example.com", id="full/as it is"),
        pytest.param("a.b.example.com", ZONE, "a.b.example.com", id="deep/as it is"),
        pytest.param("Home.Example.Com.", ZONE, "home.example.com", id="full with dot/as it is"),
        pytest.param("example.com", ZONE, "example.com", id="the zone/the zone"),
        pytest.param("@", ZONE, "example.com", id="at sign/the zone"),
        pytest.param(" @ ", ZONE, "example.com", id="at sign with spaces/the zone"),
        pytest.param("home", ZONE, "home.example.com", id="label/in the zone"),
        pytest.param(" Home ", ZONE, "home.example.com", id="label with spaces/in the zone"),
        pytest.param("*", ZONE, "*.example.com", id="star/in the zone"),
        pytest.param("*.example.com", ZONE, "*.example.com", id="wildcard/as it is"),
        pytest.param("büro", ZONE, "xn--bro-hoa.example.com", id="umlaut/in the zone"),
        pytest.param("home", IDN_ZONE, "home.xn--mnchen-3ya.example", id="label/in an IDN zone"),
        pytest.param("home.münchen.example", IDN_ZONE, f"home.{IDN_ZONE}", id="unicode/in it"),
        pytest.param("münchen.example", IDN_ZONE, IDN_ZONE, id="unicode zone/the zone"),
        pytest.param("home。example。com", ZONE, "home.example.com", id="other dots/as it is"),
        pytest.param("local", HostName("local"), "local", id="zone of one label/the zone"),
        pytest.param("home.example.com", None, "home.example.com", id="no zone, full/as it is"),
    ],
)
def test_a_domain_may_be_full_or_one_label(text: str, zone: HostName | None, name: str) -> None:
    """A domain may be a full name, one label of the zone, `*` or `@`."""
    assert full_name(text, zone) == name


@pytest.mark.parametrize(
    "text, zone, error",
    [
        pytest.param("home.example.net", ZONE, OutsideZoneError, id="other zone/outside"),
        pytest.param("example.com.evil.net", ZONE, OutsideZoneError, id="zone inside/outside"),
        pytest.param("notexample.com", ZONE, OutsideZoneError, id="same end/outside"),
        pytest.param("com", ZONE, None, id="label that is above/in the zone"),
        pytest.param("a.b", ZONE, OutsideZoneError, id="two labels/outside"),
        pytest.param("*.home", ZONE, OutsideZoneError, id="wildcard label/outside"),
        pytest.param("home.", ZONE, OutsideZoneError, id="absolute label/outside"),
        pytest.param("home", None, RelativeNameError, id="label without zone/relative"),
        pytest.param("home.", None, RelativeNameError, id="absolute label without zone/relative"),
        pytest.param("@", None, RelativeNameError, id="at sign without zone/relative"),
        pytest.param("*", None, RelativeNameError, id="star without zone/relative"),
        pytest.param("", ZONE, HostNameError, id="empty/no name"),
        pytest.param("ho me", ZONE, HostNameError, id="space/no name"),
        pytest.param("a..example.com", ZONE, HostNameError, id="empty label/no name"),
        pytest.param("a" * 64, ZONE, HostNameError, id="long label/no name"),
        pytest.param(LONG, ZONE, OutsideZoneError, id="long name/outside"),
    ],
)
def test_a_typing_error_does_not_become_a_domain(
    text: str, zone: HostName | None, error: type[HostNameError] | None
) -> None:
    """A name of another zone, or one that cannot be completed, is rejected with its own error."""
    if error is None:
        assert full_name(text, zone) == f"{text}.{zone}"
        return
    with pytest.raises(error) as caught:
        full_name(text, zone)

    assert type(caught.value) is error
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://home.example.com",
        "https://home.example.com:8123/lovelace?kiosk#top",
        "HTTP://home.example.com/",
        "home.example.com:8123",
        "home.example.com/lovelace",
        " home.example.com ",
    ],
)
def test_of_a_pasted_url_the_host_counts(url: str) -> None:
    """With or without scheme, port and path."""
    assert full_name(url, ZONE) == "home.example.com"
    assert host_of(url) == "home.example.com"


@pytest.mark.parametrize("text", ["", "://", "a b"])
def test_a_text_without_a_host_stays_as_it_is(text: str) -> None:
    """It is rejected as what was typed."""
    assert host_of(text) == text


@pytest.mark.parametrize(
    "name, zone, within",
    [
        pytest.param("example.com", "example.com", True, id="the zone/within"),
        pytest.param("a.b.example.com", "example.com", True, id="below/within"),
        pytest.param("*.example.com", "example.com", True, id="wildcard/within"),
        pytest.param("notexample.com", "example.com", False, id="same end/not"),
        pytest.param("com", "example.com", False, id="above/not"),
        pytest.param("example.com.net", "example.com", False, id="same start/not"),
    ],
)
def test_a_zone_contains_the_names_below_it(*, name: str, zone: str, within: bool) -> None:
    """A name belongs to a zone if its last labels are the zone's name."""
    assert is_within(HostName(name), HostName(zone)) is within


@pytest.mark.parametrize(
    "name, above",
    [
        pytest.param(
            "a.home.example.com",
            ["a.home.example.com", "home.example.com", "example.com"],
            id="deep/nearest first",
        ),
        pytest.param("example.com", ["example.com"], id="two labels/itself"),
        pytest.param("*.example.com", ["example.com"], id="wildcard/its parent"),
        pytest.param("com", [], id="one label/none"),
        pytest.param("*.com", [], id="wildcard of one label/none"),
    ],
)
def test_the_possible_zones_of_a_name(name: str, above: list[str]) -> None:
    """Every parent with at least two labels could be the zone."""
    assert parents(HostName(name)) == above
