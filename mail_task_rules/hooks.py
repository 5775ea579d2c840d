def post_init_hook(env):
    """Give each company a project for mail that no rule places, and the commands that
    new companies have."""
    companies = env["res.company"].search([])
    companies._create_missing_mail_task_project()
    companies.mail_task_command_field_ids = companies._default_mail_task_commands()
