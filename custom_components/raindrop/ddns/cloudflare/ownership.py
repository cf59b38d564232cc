"""The comment of created records, which identifies the home that manages them.

``Managed by Raindrop for Home Assistant (home 3f9a1c2b)``: a comment, because the
Free plan has no tags. It may have at most 100 characters there.
Where all connections of a home have a record under one name, it names the connection as
well: ``(home 3f9a1c2b, fibre)``.

https://developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes/
"""

import re

from ..models import OWNER_COMMENT, HomeId, Owner
from ..sources import ONLY_CONNECTION, ConnectionId

_ID = r"[a-z0-9-]{1,16}"


class Ownership:
    """Who manages records, and how their comments say so."""

    def __init__(self, home_id: HomeId | None = None, label: str = OWNER_COMMENT) -> None:
        """Let comments name this home. ``label`` is how those of all homes begin."""
        self._home_id = home_id
        self._label = label
        text = re.escape(label)
        self._of_home = re.compile(rf"{text} \(home ([0-9a-f]{{8}})(?:, {_ID})?\)")
        self._of_connection = re.compile(rf"{text} \((?:home [0-9a-f]{{8}}, )?({_ID})\)")

    def comment(self, connection: ConnectionId = ONLY_CONNECTION) -> str:
        """Return the comment of the records of this home; without its id if it has none."""
        return _comment(self._label, self._home_id, connection)

    def connection_of(self, comment: str | None) -> ConnectionId:
        """Return the connection that the comment of a record names, empty if it names none."""
        match = self._of_connection.fullmatch(comment or "")
        return ConnectionId(match[1]) if match else ONLY_CONNECTION

    def owner_of(self, comment: str | None, connection: ConnectionId = ONLY_CONNECTION) -> Owner:
        """Return whose a record with this comment is, as this home sees it.

        ``connection`` is the one that the comment may name. Only the exact comment of this
        home is proof that the record was created here. The ID of another home also counts
        in a comment that was extended.
        """
        comment = comment or ""
        if comment == self.comment(connection):
            return Owner.THIS_HOME
        home = self._of_home.search(comment)
        if home and home[1] != self._home_id:
            return Owner.OTHER_HOME
        is_unnamed = comment == _comment(self._label, None, connection)
        return Owner.UNNAMED_HOME if is_unnamed else Owner.NOBODY


def _comment(label: str, home_id: HomeId | None, connection: ConnectionId) -> str:
    ids = ", ".join(filter(None, (home_id and f"home {home_id}", connection)))
    return f"{label} ({ids})" if ids else label


NO_HOME = Ownership()
"""The ownership of a program that is not told which home it works for."""
