"""Generate scenarios: random operations and faults, determined by a seed."""

from collections.abc import Callable, Sequence
from random import Random

from .connection_generator import (
    connection_down,
    connection_up,
    flap_connection,
    move_way_out,
    save_connections,
    status_reports,
    wait_minutes,
)
from .constants import (
    BATCH,
    CONNECTION_TRIALS,
    LIST,
    RESOURCE_TRIALS,
    RESOURCES,
    SHARED_NAME_TRIALS,
    TRIALS,
)
from .fault_generator import (
    add_api_fault,
    add_list_fault,
    add_odd_record,
    add_provider_fault,
    add_resolver_fault,
    clear_faults,
    edit_dns,
    ignore_fields,
    set_delegation,
    set_reachable,
    set_stun,
    set_token,
    set_zone_exists,
    set_zone_state,
)
from .network_generator import (
    change_address,
    entity_reports,
    flap,
    provider_reports,
    provider_unreachable,
    report_truth,
    set_lines,
    set_tunnel,
)
from .random_choice import one
from .resource_generator import SHARED_NAME_WEIGHTS, WEIGHTS as RESOURCE_WEIGHTS, save_resource
from .scenario import Scenario, Step, Value
from .user_generator import (
    dry_run,
    pause_domain,
    reload,
    remove_domain,
    restart,
    save_domain,
    set_source,
    update_now,
)


def generate(seed: int, length: int) -> Scenario:
    """Return the scenario of a seed: random steps, and a final change of all addresses.

    Every fourth home has several connections, every fourth one has its addresses in lists and
    in a location as well, and every fourth one shares names with another home.
    """
    rng = Random(seed)
    makers, first = _WEIGHTS, list[Step]()
    trials: tuple[str, ...] = TRIALS
    match seed % _KINDS_OF_HOMES:
        case 0:
            makers = _WEIGHTS | _CONNECTION_WEIGHTS
            first = [save_connections(rng) for _ in range(_FIRST_DOMAINS)]
            trials = (*CONNECTION_TRIALS * 4, *TRIALS)
        case 2:
            makers = _WEIGHTS | RESOURCE_WEIGHTS
            first = [save_resource(rng, kind) for kind in RESOURCES]
            trials = (*RESOURCE_TRIALS * 4, *TRIALS)
        case 3:
            makers = _WEIGHTS | SHARED_NAME_WEIGHTS
            trials = (*SHARED_NAME_TRIALS * 4, *TRIALS)
    steps = rng.choices([*makers], [*makers.values()], k=length - len(first))
    scenario = [*first, *(maker(rng) for maker in steps), _final_change(rng, trials)]
    for _ in range(rng.randint(0, _MAX_STUN_STEPS)):
        scenario.insert(rng.randrange(length), set_stun(rng))
    return scenario


def _wait(rng: Random) -> Step:
    """Advance the time: by seconds, update intervals, an hour, or the sleep of a computer."""
    return ["wait", one(rng, (1, 11, 15, 60, 125, *[300] * 8, 900, 3600, 40_000))]


def _shift_wall_clock(rng: Random) -> Step:
    """Shift the wall clock: by a time synchronization, by hours, or by a day."""
    seconds = one(rng, (5, 40, 290, 3600, 3 * 3600, 6 * 3600, 86_400))
    return ["shift_wall_clock", one(rng, (-1, 1)) * seconds]


def _final_change(rng: Random, trials: Sequence[str]) -> Step:
    """Change all addresses, perhaps with a shifted clock and delayed responses; choose a trial."""
    shift_s = one(rng, (0, 0, 0, -40, -3 * 3600, -3 * 3600, 3 * 3600))
    delays: dict[str, Value] = {"ip": 4, "cloudflare": 15}
    return ["final_change", shift_s, delays if rng.random() < 0.2 else {}, one(rng, trials)]


def _interleave(rng: Random) -> Step:
    """Run a step while a request or its response is held back; the response may be lost."""
    target = one(rng, (LIST, BATCH, BATCH, BATCH, "ip"))
    second = one(
        rng,
        (
            *(restart, restart, reload, change_address, edit_dns, edit_dns),
            *(
                save_domain,
                remove_domain,
                pause_domain,
                set_source,
                _shift_wall_clock,
                entity_reports,
            ),
        ),
    )
    first = one(rng, (change_address, change_address, edit_dns, update_now, reload, set_source))
    delays = ("hold", "lost_response") if target in (LIST, "ip") else _WRITE_DELAYS
    return ["interleave", target, one(rng, delays), first(rng), second(rng)]


_MAX_STUN_STEPS = 4
"""How often what is wrong with responses to probes changes: in a fifth of the homes never."""
_WRITE_DELAYS = ("hold", "lost_response", "hold_request")
"""A write may be applied at once and be answered late or never, or be applied late."""
_WEIGHTS: dict[Callable[[Random], Step], int] = {
    _wait: 26,
    _shift_wall_clock: 4,
    change_address: 9,
    provider_reports: 5,
    provider_unreachable: 2,
    report_truth: 3,
    entity_reports: 6,
    flap: 2,
    set_lines: 2,
    set_tunnel: 2,
    add_api_fault: 9,
    add_provider_fault: 5,
    add_list_fault: 3,
    ignore_fields: 3,
    add_odd_record: 2,
    clear_faults: 5,
    set_reachable: 2,
    set_token: 4,
    set_zone_exists: 1,
    set_zone_state: 3,
    set_delegation: 1,
    add_resolver_fault: 4,
    edit_dns: 10,
    save_domain: 7,
    remove_domain: 3,
    pause_domain: 4,
    set_source: 5,
    reload: 2,
    restart: 2,
    update_now: 3,
    dry_run: 1,
    _interleave: 7,
}
"""How often each kind of step is chosen."""
_KINDS_OF_HOMES = 4
_FIRST_DOMAINS = 3
_CONNECTION_WEIGHTS: dict[Callable[[Random], Step], int] = {
    wait_minutes: 30,
    save_connections: 8,
    connection_down: 25,
    connection_up: 25,
    flap_connection: 8,
    status_reports: 8,
    move_way_out: 8,
}
"""How often something happens to the connections of a home that has several."""
