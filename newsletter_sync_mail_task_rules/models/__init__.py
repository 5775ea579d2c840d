from . import mail_task_incoming
from . import mail_task_matching
from . import newsletter_list
