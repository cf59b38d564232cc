"""The core of Raindrop: addresses, Cloudflare and the decision between them.

Nothing here knows Home Assistant. The modules import downwards only:
``reconcile``, ``survey`` -> ``report``, ``detect``, ``apply``, ``plan``,
``cloudflare`` -> ``transport``, ``wire``, ``host_part``, ``addresses``,
``names``, ``credential`` -> ``model``, ``errors``.
"""
