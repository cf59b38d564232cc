"""Public resolvers: what is taken from their answers, and what counts as no answer."""

import json
from typing import Any

from aiohttp import ClientSession
from hypothesis import given, strategies as st
import pytest

from custom_components.raindrop import ddns
from custom_components.raindrop.ddns import resolvers
from custom_components.raindrop.ddns.models import HostName
from custom_components.raindrop.ddns.resolvers import (
    RESOLVERS,
    Resolver,
    parse_answer,
    resolve_addresses,
    resolve_name_servers,
)
from simulator import Simulator
from simulator.cloudflare import Zone
from simulator.resolvers import WRONG_ADDRESSES
from tests.conftest import OLD
from tests.library.builders import A1, A2, B1, HOME, V4, V6
from tests.library.raw_server import raw_server, response

EXAMPLE = HostName("example.com")
A, NS, CNAME, AAAA, RRSIG = 1, 2, 5, 28, 46


def answer(*records: tuple[int, object], **fields: Any) -> dict[str, Any]:
    """Return an answer for the A records of a name, with some fields changed."""
    return {
        "Status": 0,
        "TC": False,
        "Question": [{"name": HOME, "type": A}],
        "Answer": [
            {"name": HOME, "type": type_, "TTL": 300, "data": data} for type_, data in records
        ],
    } | fields


@pytest.mark.parametrize(
    "message, data",
    [
        pytest.param(answer((A, str(A1))), {str(A1)}, id="one"),
        pytest.param(answer((A, str(A1)), (A, str(A2))), {str(A1), str(A2)}, id="two"),
        pytest.param(answer(), set(), id="none of this type"),
        pytest.param({"Status": 0, "Question": answer()["Question"]}, set(), id="no list"),
        pytest.param(answer(Status=3), set(), id="no such name"),
        pytest.param(answer((CNAME, "a.example."), (A, str(A1))), {str(A1)}, id="alias"),
        pytest.param(answer((A, str(A1)), (RRSIG, "A 13 3")), {str(A1)}, id="signed"),
        pytest.param(answer(Question=[{"name": "Home.Example.com.", "type": A}]), set(), id="dot"),
        pytest.param(answer(Status=2), None, id="failure"),
        pytest.param(answer(Status=5), None, id="refused"),
        pytest.param(answer(Status="0"), None, id="status is a text"),
        pytest.param(answer(Status=[]), None, id="status is a list"),
        pytest.param(answer((A, str(A1)), TC=True), None, id="truncated"),
        pytest.param(answer((A, str(A1)), (A, "home")), None, id="one is no address"),
        pytest.param(answer((A, str(B1))), None, id="other family"),
        pytest.param(answer((A, 1362314497)), None, id="a number"),
        pytest.param(answer((A, None)), None, id="no data"),
        pytest.param(answer(Question=[{"name": EXAMPLE, "type": A}]), None, id="another name"),
        pytest.param(answer(Question=[{"name": HOME, "type": AAAA}]), None, id="another type"),
        pytest.param(answer(Question=[{"name": None, "type": A}]), None, id="no name"),
        pytest.param(answer(Question=[]), None, id="no question"),
        pytest.param(answer(Question=None), None, id="question is null"),
        pytest.param(answer(Answer=[{}]), None, id="empty record"),
        pytest.param(answer(Answer=5), None, id="records are a number"),
        pytest.param({"Status": 0}, None, id="only a status"),
        pytest.param([], None, id="a list"),
        pytest.param("home", None, id="a text"),
    ],
)
def test_only_a_complete_answer_to_the_question_counts(
    message: object, data: set[str] | None
) -> None:
    """Anything else is not known: it is neither an address nor the absence of one."""
    assert parse_answer(json.dumps(message).encode(), HOME, "A") == data


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(b"[" * 10_000, id="deep"),
        pytest.param(b'{"Status": ' + b"9" * 5000 + b"}", id="a long number"),
    ],
)
def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    """A sign-in page or a broken response is not known."""
    assert parse_answer(body, HOME, "A") is None


@pytest.mark.parametrize(
    "name, is_valid",
    [
        ("ada.ns.cloudflare.com.", True),
        ("n" * 255, True),
        ("n" * 256, False),
        ("\ud800", False),
        ("a\nb", False),
        (2, False),
    ],
    ids=["a name", "as long as can be", "too long", "half a character", "two lines", "a number"],
)
def test_name_servers_are_plain_names(name: object, is_valid: bool) -> None:  # noqa: FBT001
    """They are shown and stored, so they must be short and printable."""
    message = answer((NS, name), Question=[{"name": EXAMPLE, "type": NS}])
    body = json.dumps(message).encode()
    assert parse_answer(body, EXAMPLE, "NS") == ({name} if is_valid else None)


KEYS = st.sampled_from(["name", "type", "data", ""])
JSON = st.recursive(
    st.sampled_from([None, True, 0, 1, -1, 10**400, 0.5, "", HOME, str(A1), "\ud800", "\x00"]),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(KEYS, values, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["Status", "TC", "Question", "Answer"]), JSON))
def test_no_answer_raises(fields: dict[str, Any]) -> None:
    """Whatever the fields hold, the result is addresses or not known."""
    found = parse_answer(json.dumps(answer((A, str(A1))) | fields).encode(), HOME, "A")
    assert found in ({str(A1)}, set(), None)


def test_the_built_in_resolvers() -> None:
    """Cloudflare is the first; both are asked over HTTPS."""
    assert [resolver.name for resolver in RESOLVERS] == ["Cloudflare", "Google"]
    assert all(resolver.url.startswith("https://") for resolver in RESOLVERS)


async def test_a_name_is_looked_up(
    simulator: Simulator, session: ClientSession, zone: Zone
) -> None:
    """Each resolver gets one request for each question."""
    found = await resolve_addresses(session, ddns.RESOLVERS, V4)
    assert {str(address) for address in found or ()} == {OLD}
    assert await resolve_addresses(session, ddns.RESOLVERS[:1], V6) == frozenset()
    servers = frozenset({"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"})
    assert await resolve_name_servers(session, ddns.RESOLVERS[:1], HostName(zone.name)) == servers
    assert simulator.log.count(endpoint="GET /dns-query") == 3
    assert simulator.log.count(endpoint="GET /resolve") == 1
    assert simulator.log.surprises == []


async def test_resolvers_answer_together(
    simulator: Simulator, session: ClientSession, zone: Zone
) -> None:
    """What one of them answers counts beside what the other does."""
    simulator.faults.add("doh", "GET /resolve", kind="wrong_answer")
    found = await resolve_addresses(session, ddns.RESOLVERS, V4)
    assert {str(address) for address in found or ()} == {OLD, WRONG_ADDRESSES["A"]}
    simulator.faults.clear()
    simulator.faults.add("doh", "GET /dns-query", kind="garbled")
    found = await resolve_addresses(session, ddns.RESOLVERS, V4)
    assert {str(address) for address in found or ()} == {OLD}


FAULTS: dict[str, dict[str, Any]] = {
    "servfail": {},
    "garbled": {},
    "truncated": {},
    "cut": {},
    "huge": {},
    "status": {},
    "html": {},
    "portal": {},
    "reset": {},
    "hang": {},
    "drip": {},
    "redirect": {"url": "http://127.0.0.1:9/"},
}


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_resolver_that_fails_is_not_known(
    simulator: Simulator,
    session: ClientSession,
    zone: Zone,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """A failure is no answer, and takes ten seconds at most."""
    monkeypatch.setattr(resolvers, "_TIMEOUT_S", 0.2)
    simulator.faults.add("doh", kind=kind, **FAULTS[kind])
    assert await resolve_addresses(session, ddns.RESOLVERS, V4) is None
    assert await resolve_name_servers(session, ddns.RESOLVERS, HostName(zone.name)) is None


@pytest.mark.parametrize("size, is_known", [(16_384, True), (16_385, False)])
async def test_a_long_answer_is_not_read(
    simulator: Simulator,
    session: ClientSession,
    size: int,
    is_known: bool,  # noqa: FBT001
) -> None:
    """No answer about one name needs more than 16 KiB."""
    body = json.dumps(answer((A, str(A1)))).encode().ljust(size)
    simulator.faults.add("doh", kind="body", body=body)
    found = await resolve_addresses(session, ddns.RESOLVERS, V4)
    assert found == (frozenset({A1}) if is_known else None)


async def test_a_resolver_sees_the_user_agent_of_the_caller(session: ClientSession) -> None:
    """A program that uses the library names itself."""
    async with raw_server(response(b"{}")) as server:
        resolver = Resolver(name="own", url=server.origin, user_agent="another/1.0")
        assert await resolve_addresses(session, [resolver], V4) is None

    (received,) = server.received
    assert b"User-Agent: another/1.0\r\n" in received
