from . import newsletter_engine
