"""Run the simulator and a real Home Assistant with Raindrop set up: `scripts/develop`.

`python -m devtools.develop` runs until Ctrl-C; with `--check` it changes the address, checks that
the record follows, and exits; with `--live` it runs without the simulator, for a real account.
"""

from argparse import ArgumentParser, Namespace
import asyncio
import signal
import sys
from tempfile import TemporaryDirectory

from homeassistant.const import __version__ as home_assistant_version

from .ha_rest import RestError
from .home_assistant_process import FOLDER, HomeAssistant, StartError
from .simulated_home import (
    HOST_NAME,
    OLD_ADDRESS,
    CheckError,
    content,
    print_step,
    set_up,
    simulated_home,
)
from .smoke_run import run_smoke_test


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
    parser = ArgumentParser(prog="scripts/develop", description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--check", action="store_true", help="check that the record follows, then exit"
    )
    mode.add_argument(
        "--live", action="store_true", help="run without the simulator, for a real account"
    )
    parser.add_argument("--port", type=int, default=8123, help="Home Assistant's port (8123)")
    return parser


async def _run(options: Namespace) -> None:
    """Run the selected mode."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    if options.live:
        await _run_live(options.port)
    elif options.check:
        with TemporaryDirectory(prefix="raindrop-", ignore_cleanup_errors=True) as folder:
            await run_smoke_test(options.port, folder)
    else:
        await _run_simulated(options.port)


async def _run_live(port: int) -> None:
    """Run Home Assistant for a real account."""
    home = HomeAssistant(FOLDER.with_name("home-assistant-live"), port=port)
    print_step(f"Home Assistant {home_assistant_version} is starting")
    async with home:
        _print_summary(
            ("Home Assistant", f"{home.url}  (no login)"), ("Cloudflare", "the real API")
        )
        await home.wait()


async def _run_simulated(port: int) -> None:
    """Run the simulator and Home Assistant until Ctrl-C."""
    async with simulated_home() as simulator:
        print_step(f"Home Assistant {home_assistant_version} is starting")
        async with HomeAssistant(port=port, simulator=simulator.urls()) as home:
            await set_up(home, simulator)
            _print_summary(
                ("record", f"A {HOST_NAME}: {OLD_ADDRESS} -> {content(simulator)}"),
                ("Home Assistant", f"{home.url}  (no login)"),
                (
                    "simulator",
                    f"{simulator.control_url}  (set the address, add faults, read the log)",
                ),
                ("stop", "Ctrl-C"),
            )
            await home.wait()


def _print_summary(*lines: tuple[str, str]) -> None:
    width = max(len(name) for name, _ in lines)
    text = "\n".join(f"  {name:<{width}}  {value}" for name, value in lines)
    print(f"\nRaindrop is running.\n\n{text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
