import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

tours.add("mail_task_rules_make_rule", {
    steps: () => [
        {
            content: "Make a rule",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: "div[name=name] textarea",
            run: "edit Invoices of Acme && click body",
        },
        {
            content: "A rule that cannot match says so before it is saved",
            trigger: ".alert-warning:contains(never matches)",
        },
        {
            trigger: "div[name=sender_domains] input",
            run: "edit acme.test && click body",
        },
        {
            trigger: ".o_form_sheet:not(:has(.alert-warning))",
        },
        {
            trigger: "div[name=keyword] input",
            run: "edit invoice",
        },
        {
            trigger: "div[name=project_id] input",
            run: "edit Accounting",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Accounting)",
            run: "click",
        },
        ...stepUtils.saveForm(),
        {
            content: "Back to the list, where the new rule is the last",
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "Drag it above the other one",
            trigger: ".o_data_row:last:contains(Invoices of Acme) .o_row_handle",
            run: "drag_and_drop(.o_data_row:first)",
        },
        {
            content: "Go away and come back: it stays there",
            trigger: ".o_data_row:first:contains(Invoices of Acme) td[name=name]",
            run: "click",
        },
        {
            trigger: ".o_back_button",
            run: "click",
        },
        {
            trigger: ".o_data_row:first:contains(Invoices of Acme)",
        },
    ],
});

tours.add("mail_task_rules_find_task", {
    steps: () => [
        {
            content: "Open the task that the mail became",
            trigger: ".o_kanban_record:contains(Invoice 7)",
            run: "click",
        },
        {
            trigger: ".o_last_breadcrumb_item:contains(Invoice 7)",
        },
        {
            content: "See which e-mail it was",
            trigger: "button[name=action_open_incoming]",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains(Invoice 7)",
            run: "click .o_data_cell[name=subject]",
        },
        {
            content: "See which rule made the task",
            trigger: ".nav-link[name=trace]",
            run: "click",
        },
        {
            trigger:
                "div[name=trace_html] tr:contains(Invoices of Acme):contains(matched)",
        },
    ],
});

tours.add("mail_task_rules_addresses", {
    steps: () => [
        {
            content: "Give all employees an address",
            trigger: ".o_control_panel button:contains(Give All Employees an Address)",
            run: "click",
        },
        {
            trigger: ".o_notification:contains(got an address)",
        },
        {
            content: "It is listed at once, to be copied",
            trigger: ".o_data_row:contains(Ann):contains(ann@) .o_clipboard_button",
        },
        {
            content: "Open it to see its rules",
            trigger: ".o_data_row:contains(ann@) td[name=alias_owner_name]",
            run: "click",
        },
        {
            trigger: "button[name=action_open_task_rules]",
            run: "click",
        },
        {
            trigger: ".o_last_breadcrumb_item:contains(Rules)",
        },
    ],
});

tours.add("mail_task_rules_preferences", {
    steps: () => [
        {
            trigger: ".o_user_menu button",
            run: "click",
        },
        {
            trigger: ".dropdown-item[data-menu=preferences]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=task_email]:contains(ann@)",
        },
    ],
});
