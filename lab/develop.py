"""A house to look at: the lab, a real Home Assistant, and Raindrop set up in it.

`python -m lab.develop` stays up for the browser; with `--check` it proves that a
changed address arrives, and ends; with `--live` there is no lab, but the real
Cloudflare. Started by `scripts/develop`.
"""

from argparse import ArgumentParser, Namespace
import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
from pathlib import Path
import signal
import sys
from tempfile import TemporaryDirectory
import time

from homeassistant.const import __version__ as home_assistant_version

from custom_components.raindrop.const import DOMAIN

from . import Lab
from .home_assistant import FOLDER, HomeAssistant, StartError, free_port
from .ports import Ports
from .rest import Reply, RestError

ZONE = "example.com"
HOST_NAME = "home.example.com"
TOKEN = "cfut_" + "raindrops" * 5
BEFORE, HOME, NEXT = "81.2.69.140", "81.2.69.142", "81.2.69.144"
PUBLIC_IPV4 = "sensor.example_com_public_ipv4_address"
LAST_UPDATE = "sensor.example_com_last_update"
UPDATE_NOW = "button.example_com_update_now"

CONTROL_PORT = 8790
LIMIT_S = 30.0
POLL_S = 0.05


class CheckError(Exception):
    """Something is not as it must be; the text says what."""


def main() -> int:
    """Run until Ctrl-C or the end of the check; return the exit code."""
    options = _parser().parse_args()
    try:
        asyncio.run(_run(options))
    except KeyboardInterrupt, asyncio.CancelledError:
        print("Stopped.")
    except (CheckError, StartError, RestError) as err:
        print(f"FAILED: {err}", file=sys.stderr)
        return 1
    return 0


def _parser() -> ArgumentParser:
    """Return the command line."""
    parser = ArgumentParser(prog="scripts/develop", description=__doc__)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="prove that it works, and end")
    how.add_argument("--live", action="store_true", help="no lab: for a real account")
    parser.add_argument("--port", type=int, default=8123, help="Home Assistant's port (8123)")
    return parser


async def _run(options: Namespace) -> None:
    """Do what the command line asks for."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    if options.live:
        await _live(options.port)
    elif options.check:
        with TemporaryDirectory(prefix="raindrop-", ignore_cleanup_errors=True) as folder:
            await _check(options.port, folder)
    else:
        await _stay(options.port)


async def _live(port: int) -> None:
    """Run Home Assistant for a real account."""
    home = HomeAssistant(FOLDER.with_name("home-assistant-live"), port=port)
    _say(f"Home Assistant {home_assistant_version} is starting")
    async with home:
        _block(("Home Assistant", f"{home.url}  (no login)"), ("Cloudflare", "the real one"))
        await home.wait()


async def _stay(port: int) -> None:
    """Run the lab and Home Assistant until Ctrl-C."""
    async with _lab() as lab:
        _say(f"Home Assistant {home_assistant_version} is starting")
        async with HomeAssistant(port=port, lab=lab.urls()) as home:
            await _set_up(home, lab)
            _block(
                ("record", f"A {HOST_NAME}: {BEFORE} -> {_content(lab)}"),
                ("Home Assistant", f"{home.url}  (no login)"),
                ("lab", f"{lab.control_url}  (change the address, break things, read the log)"),
                ("stop", "Ctrl-C"),
            )
            await home.wait()


async def _check(port: int, folder: str) -> None:
    """Prove, in a house of its own, that the record follows the address."""
    async with _lab() as lab:
        _say(f"Home Assistant {home_assistant_version} is starting")
        home = HomeAssistant(Path(folder), port=port, lab=lab.urls())
        async with home:
            await _set_up(home, lab)
            _say(f"record before -> after: A {HOST_NAME}: {BEFORE} -> {_content(lab)}")
            written = (await home.rest.states())[LAST_UPDATE]["state"]

            _say(f"the home moves to {NEXT}, and somebody presses the button")
            lab.ip.set_address(NEXT)
            await home.rest.call("button", "press", {"entity_id": UPDATE_NOW})
            await _until(lambda: _content(lab) == NEXT, "the record does not follow")
            states = await home.rest.states()
            _expect(states[PUBLIC_IPV4]["state"] == NEXT, "the sensor shows another address")
            _expect(states[LAST_UPDATE]["state"] >= written, "the last update lies in the past")
            _expect(lab.log.surprises == [], f"odd requests: {lab.log.surprises}")
            _expect(not (found := _complaints(home)), f"the log complains: {found}")
            _say(f"record before -> after: A {HOST_NAME}: {HOME} -> {_content(lab)}")
    _say("all is well")


@contextlib.asynccontextmanager
async def _lab() -> AsyncIterator[Lab]:
    """Run the lab with one zone, whose record points where the home was before."""
    async with Lab(Ports(control=free_port(CONTROL_PORT))) as lab:
        zone = lab.cloudflare.add_zone(ZONE)
        lab.cloudflare.add_token(TOKEN)
        lab.cloudflare.add_record(zone, type="A", name="home", content=BEFORE, ttl=3600)
        lab.ip.set_address(HOME)
        _say(f"the lab is up: {lab.control_url}")
        yield lab


async def _set_up(home: HomeAssistant, lab: Lab) -> None:
    """Set Raindrop up as a person does, unless that was done before, and see it work."""
    if await home.rest.entries(DOMAIN):
        _say("Raindrop was set up before")
    else:
        _say("the four fields are filled in")
        form = await home.rest.start_flow(DOMAIN)
        fields = {"zone": ZONE, "email": "", "key": TOKEN, "domain": "home"}
        _expect_created(await home.rest.submit(form, fields))
    await _until(lambda: _content(lab) == HOME, "the record does not follow")
    async with asyncio.timeout(LIMIT_S):
        # Home Assistant tells nobody by itself.
        while PUBLIC_IPV4 not in await home.rest.states():  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)


def _content(lab: Lab) -> str:
    """Return the address that the record holds."""
    contents = (r["content"] for r in lab.cloudflare.records(ZONE) if r["name"] == HOST_NAME)
    return str(next(contents, None))


def _expect_created(result: Reply) -> None:
    """Go on only if the flow made an entry."""
    _expect(result["type"] == "create_entry", f"the form says {result.get('errors')}")


def _expect(is_so: bool, otherwise: str) -> None:  # noqa: FBT001
    """Go on only if something is so."""
    if not is_so:
        raise CheckError(otherwise)


async def _until(is_so: Callable[[], bool], otherwise: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + LIMIT_S
    while not is_so():
        _expect(time.monotonic() < deadline, f"{otherwise} within {LIMIT_S:.0f} s")
        await asyncio.sleep(POLL_S)


def _complaints(home: HomeAssistant) -> list[str]:
    """Return what Home Assistant's log says against Raindrop."""
    lines = (home.folder / "home-assistant.log").read_text(errors="replace").splitlines()
    ours = [line for line in lines if "blocking call" in line or "custom_components.ra" in line]
    return [*home.errors(), *ours]


def _say(what: str) -> None:
    """Tell a person how far things are."""
    print(f"- {what}", flush=True)


def _block(*lines: tuple[str, str]) -> None:
    """Tell a person where to look."""
    width = max(len(name) for name, _ in lines)
    text = "\n".join(f"  {name:<{width}}  {value}" for name, value in lines)
    print(f"\nRaindrop is up.\n\n{text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
