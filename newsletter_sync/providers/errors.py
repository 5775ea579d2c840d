"""What a provider raises. The engine decides by the four families alone."""


class ProviderError(Exception):
    """Something that a service did not do; the text is for people.

    :ivar int status: HTTP status, 0 if there was no answer
    """

    def __init__(self, text, status=0):
        super().__init__(text)
        self.status = status


class Retryable(ProviderError):
    """Nobody's fault: call again later. The call may have been carried out."""


class RateLimited(Retryable):
    """Too many calls, and no attempt: call again after ``retry_after`` seconds."""

    def __init__(self, text, retry_after, status=429):
        super().__init__(text, status)
        self.retry_after = retry_after


class ContactError(ProviderError):
    """The service refuses this contact for good.

    For several contacts: at least one of them, and it has taken none. Halve them until
    it is alone.
    """


class ListError(ProviderError):
    """Nothing can be done with this list until somebody changes something."""


class ListGone(ListError):
    """Somebody deleted the list at the service."""


class NameTaken(ListError):
    """The service wants unique names, and has a list of this name."""


class PlanLimit(ListError):
    """The plan of the account does not allow it (more lists, more contacts)."""


class Unsupported(ListError):
    """The service has no such call."""


class AccountError(ProviderError):
    """Nothing can be done with this account until somebody changes something."""


class WrongCredentials(AccountError):
    """The key is wrong, revoked or expired."""
