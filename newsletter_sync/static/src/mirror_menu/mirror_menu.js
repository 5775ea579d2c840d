import {Component} from "@odoo/owl";
import {Domain} from "@web/core/domain";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {STATIC_ACTIONS_GROUP_NUMBER} from "@web/search/action_menus/action_menus";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";

/**
 * “Mirror to newsletter…” in the cog menu of the contacts: opens the dialog that makes
 * a filter of the current search. A favorite on its own is followed, anything else
 * is taken as it is now.
 */
export class MirrorMenu extends Component {
    static template = "newsletter_sync.MirrorMenu";
    static components = {DropdownItem};
    static props = {};

    setup() {
        this.action = useService("action");
    }

    openDialog() {
        const {searchModel} = this.env;
        const favorite = this.getFavorite();
        this.action.doAction("newsletter_sync.newsletter_connect_action", {
            additionalContext: {
                default_domain: new Domain(searchModel.domain).toString(),
                default_name: favorite?.description || this.getDescription(),
                default_ir_filter_id: favorite?.serverSideId || false,
            },
        });
    }

    getFavorite() {
        const {query, searchItems} = this.env.searchModel;
        const items = query.map(({searchItemId}) => searchItems[searchItemId]);
        return items.length === 1 && items[0].type === "favorite" ? items[0] : null;
    }

    /** Return the search as its facets say it. */
    getDescription() {
        return this.env.searchModel.facets
            .filter((facet) => facet.type !== "groupBy")
            .map((facet) => facet.values.join(` ${facet.separator || ""} `))
            .join(", ");
    }
}

export const mirrorMenuItem = {
    Component: MirrorMenu,
    groupNumber: STATIC_ACTIONS_GROUP_NUMBER,
    isDisplayed: async ({config, searchModel}) =>
        searchModel?.resModel === "res.partner" &&
        ["list", "kanban"].includes(config.viewType) &&
        (await user.hasGroup("newsletter_sync.group_newsletter_user")),
};

registry
    .category("cogMenu")
    .add("newsletter-sync-mirror", mirrorMenuItem, {sequence: 20});
