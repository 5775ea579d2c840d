{
    "name": "Newsletter Crash Points",
    "summary": "Kills its own server where a test wants it (see tests/fuses.py)",
    "version": "19.0.1.0.0",
    "author": "Task Mail Project",
    "license": "LGPL-3",
    "depends": ["newsletter_sync"],
}
