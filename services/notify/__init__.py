"""Notify: tells the people concerned, writes each manager's weekly digest, and counts for the dashboard.

Owns recipients (the only place where addresses live), deliveries, in-app notifications, digests and the
projections that digests and reports are made of.

Emits ``quce.digest.frozen.v1``.

Hears ``quce.lead.registered.v1``, ``quce.lead.changed.v1``, ``quce.import.finished.v1``,
``quce.incentives.matched.v1``, ``quce.account.changed.v1`` and the cut-offs of leads and incentives, in two
groups: ``notify-projections`` may be replayed at any time, ``notify-deliveries`` is never rewound.
"""
