from . import test_connection
from . import test_mirror
from . import test_outbox
from . import test_security
