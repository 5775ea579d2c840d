"""What Mailchimp's own clients send, in whatever language."""

AUDIENCE = {
    "name": "Buyers",
    "permission_reminder": "You are our customer.",
    "email_type_option": False,
    "contact": {"company": "A", "address1": "1", "city": "Kyiv", "country": "UA"},
    "campaign_defaults": {"from_name": "A", "from_email": "a@acme.test"},
}


def member(email, status="subscribed"):
    return {"email_address": email, "status": status}
