"""The core of Raindrop: addresses, Cloudflare and the decision between them.

Nothing here knows Home Assistant. The modules import downwards only:
``reconcile``, ``survey`` -> ``news``, ``report``, ``detect``, ``apply``, ``plan``,
``cloudflare`` -> ``inquiry`` -> ``web``, ``steady``, ``own_address`` -> ``transport``,
``wire``, ``host_part``, ``addresses``, ``names``, ``credential`` -> ``reading`` ->
``model``, ``errors``.
"""
