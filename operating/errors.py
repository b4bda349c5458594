"""What can go wrong with a dead letter."""

from kit.errors import Conflict, NotFound


class LetterNotFound(NotFound):
    slug, title = "dead-letter-not-found", "没有这条死信"


class LetterNotDead(Conflict):
    slug, title = "dead-letter-not-dead", "这条消息不在死信中"


class LetterUnreadable(Conflict):
    slug, title = "dead-letter-unreadable", "这条消息无法识别"


class LettersChanged(Conflict):
    slug, title = "dead-letters-changed", "死信的数量变了"
