"""Sentences of ours: in English here, translated where there is a user."""


class Text(str):
    """A text that ``translate`` puts into another language; else it is plain English.

    Clients write ``_lt("refused by %s", label)``: catalogues of translations are made
    from what is called ``_lt``. What a service says is an ordinary ``str``.

    :ivar source: as in the catalogues; ``args`` or ``values`` are put into it
    """

    def __new__(cls, source, *args, **values):
        text = super().__new__(cls, source % (args or values))
        text.source, text.args, text.values = source, args, values
        return text

    def __str__(self):
        # So the text of an exception is still one of ours.
        return self

    def map(self, change):
        """Return the text with each of its values changed."""
        values = {name: change(value) for name, value in self.values.items()}
        return Text(self.source, *map(change, self.args), **values)


def translate(text, env):
    """Return a text, or that of an error, in the language of an Odoo environment."""
    text = str(text)
    if not isinstance(text, Text):
        return text
    text = text.map(lambda value: translate(value, env))
    return env._(text.source, *text.args, **text.values)
