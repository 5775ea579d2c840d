import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("newsletter_sync_mirror_search", {
    steps: () => [
        {
            content: "Search the people with the tag",
            trigger: ".o_searchview_input",
            run: "edit Friends of the house",
        },
        {
            trigger: ".o_searchview_autocomplete .o-dropdown-item:contains(Tag)",
            run: "click",
        },
        {
            trigger: ".o_facet_value:contains(Friends of the house)",
        },
        {
            content: "Open the cog menu",
            trigger: ".o_cp_action_menus .dropdown-toggle",
            run: "click",
        },
        {
            trigger: ".o_newsletter_mirror_menu",
            run: "click",
        },
        {
            content: "See how many they are",
            trigger: ".modal div[name=summary]:contains(Addresses to add: 2)",
        },
        {
            trigger: ".modal div[name=name] input",
            run: "edit Friends",
        },
        {
            trigger: ".modal button[name=action_connect]",
            run: "click",
        },
        {
            content: "The list is being connected",
            trigger: ".o_form_view .alert:contains(Connecting)",
        },
    ],
});

registry.category("web_tour.tours").add("newsletter_sync_see_list", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(Friends) .o_data_cell[name=name]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains(Mirrored)",
        },
        {
            content: "All are in step",
            trigger: "div[name=done_count] .o_progressbar:contains(2)",
        },
        {
            trigger: "button[name=action_open_members]",
            run: "click",
        },
        {
            trigger:
                ".o_data_row:contains(friend-1@customers.test):contains(In the List)",
        },
    ],
});
