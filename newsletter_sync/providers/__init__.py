"""Newsletter services, without Odoo: the contract is in ``base``."""

from .mailchimp import Mailchimp, MailchimpAudience
from .sendgrid import SendGrid

_CLASSES = (Mailchimp, MailchimpAudience, SendGrid)

# In the order in which people choose from them.
PROVIDERS = {provider.code: provider for provider in _CLASSES}
