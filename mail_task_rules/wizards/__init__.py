from . import mail_task_incoming_decide
from . import mail_task_propose
from . import mail_task_try
