from . import test_addresses
from . import test_gateway
from . import test_ledger
from . import test_rule
from . import test_security
from . import test_tour
