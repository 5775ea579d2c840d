from . import mail_task_incoming_decide
