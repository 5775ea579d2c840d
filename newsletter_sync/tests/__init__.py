from . import test_account
from . import test_client
from . import test_connection
from . import test_filter
from . import test_mirror
from . import test_note
from . import test_outbox
from . import test_security
