"""Newsletter services, without Odoo: the contract is in ``base``."""

from .endpoint import Endpoint
from .esputnik import Esputnik, Yespo
from .mailchimp import Mailchimp, MailchimpAudience
from .mailerlite import MailerLite
from .sendgrid import SendGrid
from .sendpulse import SendPulse
from .unisender import Unisender

_CLASSES = (
    Mailchimp,
    MailchimpAudience,
    MailerLite,
    SendGrid,
    SendPulse,
    Unisender,
    Esputnik,
    Yespo,
    Endpoint,
)

# In the order in which people choose from them.
PROVIDERS = {provider.code: provider for provider in _CLASSES}
