from . import mail_task_incoming
from . import mail_thread
