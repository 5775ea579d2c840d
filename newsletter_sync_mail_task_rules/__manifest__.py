{
    "name": "Newsletter Sync: Replies for Mail Task Rules",
    "summary": "Rules know which newsletter an e-mail answers",
    "version": "19.0.1.0.0",
    "development_status": "Beta",
    "category": "Marketing/Email Marketing",
    "website": "https://task-mail.example",
    "author": "Task Mail Project",
    "license": "LGPL-3",
    "depends": ["mail_task_rules", "newsletter_sync"],
    "auto_install": True,
    "data": [
        "views/mail_task_incoming_views.xml",
        "views/newsletter_list_views.xml",
    ],
}
