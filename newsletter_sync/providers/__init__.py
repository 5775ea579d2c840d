"""Newsletter services, without Odoo: the contract is in ``base``."""

PROVIDERS = {provider.code: provider for provider in ()}
