"""Evaluation: what a policy's conditions say of some facts, and what its benefit comes to.

``comparisons``, ``conditions`` and ``benefits`` are what it means; ``gates``, ``cells`` and ``index`` say the same of a
whole catalogue at once. ``phrases`` is what answers say of a policy whatever the facts.
"""
