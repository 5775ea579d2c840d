"""The members of Mailchimp's audiences and segments."""

from datetime import datetime

from .mailchimp import BATCH, Mailchimp, Member, digest
from .mailchimp_answers import invalid, missing, paged, problem
from .server import Response, route
from .store import MailingList
from .webhooks import MailchimpWebhooks

FORGOTTEN = (
    "{} was permanently deleted and cannot be re-imported. The contact must "
    "re-subscribe to get back on the list."
)
HIDDEN = ("archived",)
COMPLIANCE = (
    "{} is in a compliance state due to unsubscribe, bounce, or compliance review and "
    "cannot be subscribed."
)


class MailchimpMembers(MailchimpWebhooks, Mailchimp):
    """The whole service."""

    @route("POST", "/3.0/lists/{audience}")
    def batch(self, request, audience):
        audience, values = self.audience(audience), request.json
        if len(values["members"]) > BATCH:
            raise invalid("You may send up to 500 members.")
        answer = {"new_members": [], "updated_members": [], "errors": []}
        for one in values["members"]:
            self._batch_one(audience, one, values.get("update_existing"), answer)
        for count, kind in (("created", "new"), ("updated", "updated")):
            answer[f"total_{count}"] = len(answer[f"{kind}_members"])
        return {**answer, "error_count": len(answer["errors"])}

    def _batch_one(self, audience, values, update, answer):
        email = values["email_address"]
        known = audience.people.get(digest(email))
        error = self._objection(audience, email, values.get("status"))
        code = "ERROR_GENERIC"
        if known and not update:
            error, code = f"{email} is already a list member", "ERROR_CONTACT_EXISTS"
        elif error and known and self.reading("compliance", "error") == "dropped":
            return
        if error:
            line = {"email_address": email, "error": error, "error_code": code}
            answer["errors"].append({**line, "field": "", "field_message": ""})
        else:
            member = self._write(audience, email, values)
            kind = "updated_members" if known else "new_members"
            answer[kind].append(show_member(audience, member))

    def _objection(self, audience, email, status):
        """Return why an address cannot get a status."""
        if digest(email) in audience.forgotten:
            return FORGOTTEN.format(email)
        if email.lower().endswith("@example.com"):
            return f"{email} looks fake or invalid, please enter a real email address."
        if self.is_refused(email):
            return "Please provide a valid email address."
        known = audience.people.get(digest(email))
        if not known:
            return ""
        kept_out = known.opted_out or known.status == "cleaned"
        return COMPLIANCE.format(email) if kept_out and status == "subscribed" else ""

    def _write(self, audience, email, values):
        member = audience.people.setdefault(digest(email), Member(0, email, status=""))
        member.status = values.get("status") or member.status
        member.fields.update(values.get("merge_fields", {}))
        member.language = values.get("language", member.language)
        member.changed = self.now()
        return member

    # ------------------------------------------------------------------
    # Members
    # ------------------------------------------------------------------

    @route("GET", "/3.0/lists/{audience}/members")
    def get_members(self, request, audience):
        people = self.audience(audience).people.values()
        status, since = (request.query.get(n) for n in ("status", "since_last_changed"))
        if since:
            moment = datetime.fromisoformat(since).timestamp()
            people = [one for one in people if one.changed >= moment]
        found = [
            show_member(self.audience(audience), one)
            for one in people
            if (one.status == status if status else one.status not in HIDDEN)
        ]
        return {"members": paged(request, found), "total_items": len(found)}

    @route("GET", "/3.0/lists/{audience}/members/{member}")
    def get_member(self, request, audience, member):
        found = self._member(audience, member)
        return show_member(self.audience(audience), found)

    @route("PUT", "/3.0/lists/{audience}/members/{member}")
    def put_member(self, request, audience, member):
        audience, values = self.audience(audience), dict(request.json)
        email = values["email_address"]
        known = audience.people.get(digest(email))
        if error := self._objection(audience, email, values.get("status")):
            title = "Member In Compliance State" if known else "Invalid Resource"
            if digest(email) in audience.forgotten:
                title = "Forgotten Email Not Subscribed"
            raise problem(400, title, error)
        if not known:
            values["status"] = values.get("status") or values["status_if_new"]
        return show_member(audience, self._write(audience, email, values))

    @route("POST", "/3.0/lists/{audience}/members")
    def post_member(self, request, audience):
        email = request.json["email_address"]
        if digest(email) in self.audience(audience).people:
            text = f"{email} is already a list member. Use PUT to insert or update."
            raise problem(400, "Member Exists", text)
        return self.put_member(request, audience, digest(email))

    @route("DELETE", "/3.0/lists/{audience}/members/{member}")
    def archive(self, request, audience, member):
        found = self._member(audience, member)
        if found.status in ("archived", "cleaned", "pending"):
            text = "Can not archive a contact that is bounced, pending or archived"
            raise problem(405, "Method Not Allowed", text)
        found.status, found.changed = "archived", self.now()
        return Response(status=204)

    def _member(self, audience, member):
        people = self.audience(audience).people
        found = people.get(digest(member) if "@" in member else member)
        if not found:
            raise missing()
        return found

    # ------------------------------------------------------------------
    # Static segments
    # ------------------------------------------------------------------

    @route("GET", "/3.0/lists/{audience}/segments")
    def get_segments(self, request, audience):
        found = self.audience(audience).segments.values()
        segments = paged(request, [show_segment(audience, one) for one in found])
        return {"segments": segments, "list_id": audience, "total_items": len(found)}

    @route("POST", "/3.0/lists/{audience}/segments")
    def create_segment(self, request, audience):
        segment = MailingList(str(self.number()), request.json["name"])
        self.audience(audience).segments[segment.id] = segment
        self._add(audience, segment, request.json.get("static_segment", []))
        return show_segment(audience, segment)

    @route("GET", "/3.0/lists/{audience}/segments/{segment}")
    def get_segment(self, request, audience, segment):
        return show_segment(audience, self._segment(audience, segment))

    @route("PATCH", "/3.0/lists/{audience}/segments/{segment}")
    def rename_segment(self, request, audience, segment):
        self._segment(audience, segment).name = request.json["name"]
        return self.get_segment(request, audience, segment)

    @route("DELETE", "/3.0/lists/{audience}/segments/{segment}")
    def delete_segment(self, request, audience, segment):
        self._segment(audience, segment)
        del self.audience(audience).segments[segment]
        return Response(status=204)

    @route("POST", "/3.0/lists/{audience}/segments/{segment}")
    def change_segment(self, request, audience, segment):
        found = self._segment(audience, segment)
        to_add, to_remove = (
            request.json.get(f"members_to_{what}", []) for what in ("add", "remove")
        )
        if max(len(to_add), len(to_remove)) > BATCH:
            raise invalid("You may send up to 500 members.")
        added = self._add(audience, found, to_add)
        removed = [one for one in map(str.lower, to_remove) if one in found.members]
        for email in removed:
            del found.members[email]
        people = self.audience(audience).people
        return {
            "members_added": [self._show(audience, people, one) for one in added],
            "members_removed": [self._show(audience, people, one) for one in removed],
            "errors": [],
            "total_added": len(added),
            "total_removed": len(removed),
            "error_count": 0,
        }

    @route("GET", "/3.0/lists/{audience}/segments/{segment}/members")
    def get_segment_members(self, request, audience, segment):
        found = self._segment(audience, segment)
        people = self.audience(audience).people
        optional = ("cleaned", "unsubscribed", "transactional")
        wanted = {"subscribed", "pending"} | {
            kind for kind in optional if request.query.get(f"include_{kind}") == "true"
        }
        members = [
            self._show(audience, people, one)
            for one in found.members
            if people[digest(one)].status in wanted
        ]
        return {"members": paged(request, members), "total_items": len(members)}

    @route("DELETE", "/3.0/lists/{audience}/segments/{segment}/members/{member}")
    def remove_segment_member(self, request, audience, segment, member):
        found = self._segment(audience, segment)
        email = self._member(audience, member).email.lower()
        if found.members.pop(email, None) is None:
            raise missing()
        return Response(status=204)

    def _segment(self, audience, segment):
        if segment not in self.audience(audience).segments:
            raise missing()
        return self.lists[audience].segments[segment]

    def _add(self, audience, segment, emails):
        """Put those into a segment who are in the audience; return who is new there."""
        people = self.audience(audience).people
        known = [one.lower() for one in emails if digest(one) in people]
        new = [one for one in known if one not in segment.members]
        segment.members.update(dict.fromkeys(new, "active"))
        return new

    def _show(self, audience, people, email):
        return show_member(self.audience(audience), people[digest(email)])


def show_member(audience, member):
    return {
        "id": digest(member.email),
        "email_address": member.email,
        "unique_email_id": digest(member.email)[:10],
        "status": member.status,
        "merge_fields": member.fields,
        "language": member.language,
        "list_id": audience.id,
        "source": "API - Generic",
        "tags": [],
    }


def show_segment(audience, segment):
    return {
        "id": int(segment.id),
        "name": segment.name,
        "member_count": len(segment.members),
        "type": "static",
        "list_id": audience,
    }
