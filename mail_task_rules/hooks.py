def post_init_hook(env):
    """Give each company a project for mail that no rule places."""
    env["res.company"].search([])._create_missing_mail_task_project()
