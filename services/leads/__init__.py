"""The leads service.

Owns investors, contacts and who was shown them, leads, follow-ups, answers to partners and ledger imports.
Emits ``lead.registered``, ``lead.changed``, ``partner.answered``, ``import.finished``, ``leads.audited``,
``leads.cutoff_passed``. Hears ``incentives.matched`` (best zone and amounts for lists) and ``account.changed``
(who may own a lead, whom it may be shared with).
"""
