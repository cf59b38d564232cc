"""The core of Raindrop: addresses, Cloudflare and the decision between them.

Nothing here knows Home Assistant. The modules import downwards only:
``reconcile`` -> ``detect``, ``apply``, ``plan``, ``cloudflare`` ->
``transport``, ``wire``, ``addresses``, ``names``, ``credential`` -> ``model``,
``errors``.
"""
