"""Check every change of a list or a location: whose item it was, and why it was changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from simulator.cloudflare.dns_locations import Location
from simulator.cloudflare.ip_lists import ItemList, Operation
from simulator.cloudflare.zero_trust_lists import ZeroTrustList
from simulator.request_log import Log

from .account_resources import Account, Item, is_own, item_of
from .constants import DNS_LOCATION, IP_LIST, RESOURCES, ZERO_TRUST_LIST
from .detection_checker import DetectionChecker
from .integration import OWNER_COMMENT
from .model import SourceCatalog
from .reported_addresses import ReportedAddresses
from .resource_model import ManagedAddress, ResourceKey, ResourceModel, label_of

_MAX_DETECTION_AGE_S = 300
"""How old a detection may be that an update of another zone made."""


class ResourceChecker:
    """Checks the changes that Raindrop makes in the account."""

    def __init__(
        self,
        account: Account,
        model: ResourceModel,
        reported: ReportedAddresses,
        sources: SourceCatalog,
        detection: DetectionChecker,
        log: Log,
    ) -> None:
        """Wrap the methods of the simulator that carry out requests."""
        self.violations: list[str] = []
        self._account = account
        self._model = model
        self._reported = reported
        self._sources = sources
        self._detection = detection
        self._log = log
        self._allowed: defaultdict[ResourceKey, set[ManagedAddress]] = defaultdict(set)
        """What was configured in this step."""
        self._unmanaged: set[ResourceKey] = set()
        """What was not configured at any time in this step."""
        self._foreign: dict[str, list[Item]] = {}
        self._settings: dict[str, Any] = {}
        lists, zero_trust, locations = account.lists, account.zero_trust_lists, account.locations
        account.note_edit = self._note_foreign
        self._append, self._delete = lists.append, lists.delete
        self._patch, self._put = zero_trust.patch, locations.put
        for owner, name, method in (
            (lists, "append", self.append),
            (lists, "delete", self.delete),
            (zero_trust, "patch", self.patch),
            (locations, "put", self.put),
        ):
            setattr(owner, name, method)

    def begin_step(self) -> None:
        """Note what others have before a step."""
        self._allowed.clear()
        self._unmanaged.clear()
        self.allow()
        self._account.edited_in_step.clear()
        self._note_foreign()

    def allow(self) -> None:
        """Allow the current configuration too; an update in progress may use an older one."""
        managed = self._model.managed()
        for key, address in managed.items():
            self._allowed[key].add(address)
        self._unmanaged |= {
            (kind, label) for kind in RESOURCES for label in ("ipv4", "ipv6")
        } - managed.keys()

    def end_step(self, step_name: str) -> list[str]:
        """Check that what others have is unchanged; return all violations.

        What others change between reading and writing may be lost.
        """
        raced = self._account.edited_in_step if step_name == "interleave" else set[str]()
        for kind in RESOURCES:
            before, now = self._foreign[kind], self._account.foreign(kind)
            if now != before and kind not in raced:
                self._violation(kind, f"the items of others were {before}, and are {now}")
        settings = self._account.settings()
        is_raced = DNS_LOCATION in raced or self._had_fault("ignored_fields")
        if settings != self._settings and not is_raced:
            self._violation(DNS_LOCATION, f"settings were {self._settings}, and are {settings}")
        return self.violations

    # What the simulator is asked to do

    def append(self, to: ItemList, body: list[dict[str, Any]]) -> Operation:
        """Begin to add items, and check them."""
        if body and to is self._account.ip_list:
            self._check_added(IP_LIST, [item_of(i["ip"], i.get("comment")) for i in body])
        return self._append(to, body)

    def delete(self, of: ItemList, body: dict[str, Any]) -> Operation:
        """Begin to delete items, and check them."""
        ids = {item["id"] for item in body["items"]}
        items = {id_: item_of(item.ip, item.comment) for id_, item in of.items.items()}
        removed = [item for id_, item in items.items() if id_ in ids]
        rest = [item for id_, item in items.items() if id_ not in ids]
        self._check_removed(IP_LIST, removed, rest)
        return self._delete(of, body)

    def patch(self, patched: ZeroTrustList, body: object) -> None:
        """Append and remove items, and check what changed."""
        before = self._account.items(ZERO_TRUST_LIST)
        self._patch(patched, body)
        self._check_change(ZERO_TRUST_LIST, before)

    def put(self, replaced: Location, body: object, surprises: list[str]) -> Location:
        """Replace the location, and check what changed."""
        before = self._account.items(DNS_LOCATION)
        after = self._put(replaced, body, surprises)
        self._account.replaced_networks = [item.network for item in before]
        self._check_change(DNS_LOCATION, before)
        return after

    # Checks

    def _check_change(self, kind: str, before: list[Item]) -> None:
        after = self._account.items(kind)
        self._check_added(kind, [item for item in after if item not in before])
        self._check_removed(kind, [item for item in before if item not in after], after)

    def _check_added(self, kind: str, added: Iterable[Item]) -> None:
        # This home's own operation may have ended late, between reading and adding again.
        held = {item.network for item in self._account.foreign(kind)}
        for item in added:
            network, key = item.network, (kind, label_of(item.network))
            if kind != DNS_LOCATION and item.comment != OWNER_COMMENT:
                self._violation(kind, f"{network} was added without this home's comment")
            if not any(self._is_confirmed(managed, network) for managed in self._allowed[key]):
                self._violation(kind, f"{network} was added, which is not accepted or reported")
            if kind == IP_LIST and network in held and kind not in self._account.edited_in_step:
                self._violation(kind, f"{network} was added, which somebody else has")

    def _check_removed(self, kind: str, removed: Iterable[Item], rest: Collection[Item]) -> None:
        """Check that only own items are removed, and not the last right one of a family."""
        for item in removed:
            network, key = item.network, (kind, label_of(item.network))
            if kind in self._account.edited_in_step:
                # What others did between reading and writing cannot be known.
                continue
            if not is_own(kind, item):
                self._violation(kind, f"{item} was removed, which is not this home's")
            if kind in self._model.deletable:
                continue
            if key in self._unmanaged and kind in self._model.configs:
                continue
            allowed = self._allowed[key]
            if not any(self._is_confirmed(one, i.network) for one in allowed for i in rest):
                self._violation(kind, f"{network} was removed, but nothing takes its place")

    def _is_confirmed(self, managed: ManagedAddress, network: str) -> bool:
        """Return whether an accepted, recently reported address leads to this network."""
        reporters = self._sources.reporters(managed.source)
        return any(
            managed.network(address) == network
            and self._reported.reporters_of_sent(address, reporters, _MAX_DETECTION_AGE_S)
            for address in self._detection.accepted_in_step(managed.source)
        )

    def _note_foreign(self) -> None:
        self._foreign = {kind: self._account.foreign(kind) for kind in RESOURCES}
        self._settings = self._account.settings()

    def _had_fault(self, kind: str) -> bool:
        return any(kind in str(entry.fault) for entry in self._log.entries)

    def _violation(self, kind: str, text: str) -> None:
        self.violations.append(f"{kind}: {text}")
