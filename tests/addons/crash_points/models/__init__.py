from . import mail_task_incoming
from . import mail_task_outcome
from . import mail_task_rule
from . import mail_thread
