"""Incentives: what each zone offers, and what a project could get.

Owns zone profiles, policies with their versions, industry code tables, matches and saved decisions.
Hears ``quce.lead.registered.v1`` and ``quce.lead.changed.v1``.
Emits ``quce.incentives.matched.v1``, ``quce.policy.published.v1`` and ``quce.incentives.cutoff_passed.v1``.

The engine (``matching`` over ``benefits`` over ``conditions`` over ``policy``) is pure: files, facts and a date
in, verdicts with reasons out. Everything else in this folder stores what it needs and what it gave.
"""
