{
    "name": "Newsletter Sync",
    "summary": "Mirror contact filters to the lists of newsletter services",
    "version": "19.0.1.0.0",
    "category": "Marketing/Email Marketing",
    "license": "LGPL-3",
    "author": "Task Mail Project",
    "depends": ["contacts", "mail"],
    "data": ["security/newsletter_sync_groups.xml"],
}
