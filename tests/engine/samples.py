"""Mails as shops, web forms and other programs write them."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from odoo.addons.mail_task_rules.engine.facts import MailFacts


def facts_of(raw):
    """Return the ``MailFacts`` of a mail given as bytes."""
    return MailFacts.of(message_from_bytes(raw, policy=policy.SMTP), len(raw))


def mail(subject="", text="", html="", sender="robot@shop.example", **headers):
    """Return a mail as bytes; ``_`` in the name of a header stands for ``-``."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = "orders@mail.example"
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text or "See the other part.")
    if html and not text:
        message.set_content(html, subtype="html")
    elif html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def seen(**kwargs):
    """Return the facts of such a mail."""
    return facts_of(mail(**kwargs))


# Contact Form 7 sends what its template says, in plain text.
CONTACT_FORM_7 = seen(
    subject='Acme "Need a quote"',
    sender="wordpress@acme.example",
    text=(
        "From: Ines Müller <ines@customer.example>\n"
        "Subject: Need a quote\n"
        "\n"
        "Message Body:\n"
        "We need 20 chairs until 12.05.2026.\n"
        "Please call.\n"
        "\n"
        "-- \n"
        "This e-mail was sent from a contact form on Acme (https://acme.example)\n"
    ),
)

# Tilda writes one field a line and a list of goods.
TILDA = seen(
    subject="Новая заявка с сайта acme.example",
    sender="noreply@tilda.example",
    html=(
        "<div>Информация о посетителе:<br><br>"
        "<b>Имя</b>: Пётр Ёлкин<br><b>Телефон</b>: +7 900 000-00-00<br>"
        "<b>E-mail</b>: petr@customer.example<br>"
        "<b>Согласие</b>: да<br></div>"
        "<div>Номер заказа: 1845670321<br>Сумма: 1 250,00 р.</div>"
    ),
)

# Shopify's notice to the shop
SHOPIFY = seen(
    subject="[Acme Store] Order #1042 placed by Ann Lee",
    sender="store+1@shop.example",
    html=(
        "<table><tr><td><h2>Order summary</h2><table>"
        "<tr><td><span>Blue mug × 2</span><br><span>Large</span></td>"
        "<td><p>$25.90</p></td></tr>"
        "<tr><td><span>Tee × 1</span></td><td><p>$9.00</p></td></tr></table>"
        "<table><tr><td>Subtotal</td><td>$34.90</td></tr>"
        "<tr><td>Shipping</td><td>$5.00</td></tr>"
        "<tr><td>Total</td><td>$1,039.90 USD</td></tr></table>"
        "<h4>Shipping address</h4><p>Ann Lee<br>1 Main Street<br>Springfield</p>"
        "</td></tr></table>"
    ),
)

WOOCOMMERCE = seen(
    subject="[Acme] Neue Bestellung (#728) - 2. März 2026",
    sender="shop@acme.example",
    html=(
        "<html><head><style>td {color: red}</style></head><body><h2>"
        "[Bestellung #728] (2. März 2026)</h2><table><thead><tr><th>Produkt</th>"
        "<th>Anzahl</th><th>Preis</th></tr></thead><tbody>"
        "<tr><td>Stuhl „Öland“</td><td>4</td><td><span>1.196,00&nbsp;€</span></td></tr>"
        "<tr><td>Tisch</td><td>1</td><td><span>349,50&nbsp;€</span></td></tr></tbody>"
        "<tfoot><tr><th colspan='2'>Zwischensumme:</th><td>1.545,50&nbsp;€</td></tr>"
        "<tr><th colspan='2'>Gesamt:</th><td>1.545,50&nbsp;€</td></tr></tfoot></table>"
        "<h2>Rechnungsadresse</h2><address>Ines Müller<br>Am Weg 5</address></body>"
    ),
)

# Planfix's own example of a form: labels and values in two columns.
FORM_TABLE = seen(
    subject="Request from the site",
    html=(
        "<table><tr><td>Name</td><td>Ann</td></tr>"
        "<tr><td><strong>Phone number</strong></td><td>555-01</td></tr>"
        "<tr><td>Comment</td><td>Call me <i>back</i>: today</td></tr></table>"
    ),
)

JSON_MAIL = seen(
    subject="webhook",
    text=(
        "New lead:\n\n"
        '{"lead": {"name": "Zoë", "budget": 1500.5, "vip": true, "note": null},\n'
        ' "items": [{"sku": "A-1", "qty": 2}, {"sku": "B-2", "qty": 1}]}\n'
    ),
)

# Airlines and shops describe an order for programs.
LINKED_DATA = seen(
    subject="Your order",
    html=(
        '<html><head><script type="application/ld+json">{"@type": "Order",'
        '"orderNumber": "SO-77", "customer": {"name": "Ann"}}</script></head>'
        "<body><p>Thank you.</p></body></html>"
    ),
)

MONITORING = seen(
    subject="PROBLEM: disk full on db1.acme.example",
    sender="monitor@acme.example",
    text="Host=db1.acme.example\nSeverity = High\nFree space - 3 %\n"
    "Problem started: 2026-03-02 07:41:12\n",
    Auto_Submitted="auto-generated",
)

LIST_MAIL = seen(
    subject="[acme-dev] Re: roadmap",
    sender="ann@gmail.com",
    text="I agree.",
    List_Id="Acme developers <dev.lists.acme.example>",
)

PERSON = seen(
    subject="Question about the invoice",
    sender="Ann <ann@customer.example>",
    text="Dear team,\n\nwhat about it? Note: I am away.\n\nBest\nAnn",
)
