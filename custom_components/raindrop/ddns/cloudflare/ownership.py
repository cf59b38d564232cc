"""The comment of created records, which identifies the home that manages them.

``Managed by Raindrop for Home Assistant (home 3f9a1c2b)``: a comment, because the
Free plan has no tags. It may have at most 100 characters there:
https://developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes/
"""

import re

from ..models import OWNER_COMMENT, HomeId, Owner

_HOME = re.compile(re.escape(OWNER_COMMENT) + r" \(home ([0-9a-f]{8})\)")


def owner_comment(home_id: HomeId | None) -> str:
    """Return the comment of the records of a home; without its id if it has none."""
    return OWNER_COMMENT if home_id is None else f"{OWNER_COMMENT} (home {home_id})"


def read_owner(comment: str | None, home_id: HomeId | None) -> Owner:
    """Return whose a record with this comment is, as this home sees it.

    Only the exact comment of this home is proof that the record was created here. The
    ID of another home also counts in a comment that was extended.
    """
    comment = comment or ""
    if comment == owner_comment(home_id):
        return Owner.THIS_HOME
    home = _HOME.search(comment)
    if home and home[1] != home_id:
        return Owner.OTHER_HOME
    return Owner.UNNAMED_HOME if comment == OWNER_COMMENT else Owner.NOBODY
