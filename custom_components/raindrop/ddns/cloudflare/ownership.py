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
_HOME = re.compile(re.escape(OWNER_COMMENT) + rf" \(home ([0-9a-f]{{8}})(?:, {_ID})?\)")
_CONNECTION = re.compile(re.escape(OWNER_COMMENT) + rf" \((?:home [0-9a-f]{{8}}, )?({_ID})\)")


def owner_comment(home_id: HomeId | None, connection: ConnectionId = ONLY_CONNECTION) -> str:
    """Return the comment of the records of a home; without its id if it has none."""
    ids = ", ".join(filter(None, (home_id and f"home {home_id}", connection)))
    return f"{OWNER_COMMENT} ({ids})" if ids else OWNER_COMMENT


def read_connection(comment: str | None) -> ConnectionId:
    """Return the connection that the comment of a record names, empty if it names none."""
    match = _CONNECTION.fullmatch(comment or "")
    return ConnectionId(match[1]) if match else ONLY_CONNECTION


def read_owner(
    comment: str | None, home_id: HomeId | None, connection: ConnectionId = ONLY_CONNECTION
) -> Owner:
    """Return whose a record with this comment is, as this home sees it.

    ``connection`` is the one that the comment may name. Only the exact comment of this
    home is proof that the record was created here. The ID of another home also counts
    in a comment that was extended.
    """
    comment = comment or ""
    if comment == owner_comment(home_id, connection):
        return Owner.THIS_HOME
    home = _HOME.search(comment)
    if home and home[1] != home_id:
        return Owner.OTHER_HOME
    return Owner.UNNAMED_HOME if comment == owner_comment(None, connection) else Owner.NOBODY
