"""The three ways in which an answer is no answer. A spider raises one; it never turns it into "nothing found".

And the one way in which we fail ourselves, which says nothing about any host.
"""


class SourceBlocked(Exception):
    """A login, captcha or refusal page: stop, record, never work around."""


class SourceChanged(Exception):
    """The answer does not look as this source's answers look; nothing may be concluded from it."""


class NotAnswered(Exception):
    """This one question got no answer (an error of the service); the host stays unknown, the rest goes on.

    `outcome` is `blocked` where the service says that somebody refused it, else `failed`.
    """

    def __init__(self, reason: str, outcome: str = "failed") -> None:
        """Keep both."""
        super().__init__(reason)
        self.outcome = outcome


class OwnFault(Exception):
    """Our disk or database did not take what was fetched: the crawl stops, judges nobody, and is due again."""
