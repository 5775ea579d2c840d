from . import newsletter_connect
from . import newsletter_disconnect
from . import newsletter_explain
from . import newsletter_preview
