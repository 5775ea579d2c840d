import {before, expect, test} from "@odoo/hoot";
import {mailModels} from "@mail/../tests/mail_test_helpers";
import {
    clearRegistry,
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
    toggleActionMenu,
    toggleMenuItem,
    toggleSearchBarMenu,
} from "@web/../tests/web_test_helpers";
import {mirrorMenuItem} from "@newsletter_sync/mirror_menu/mirror_menu";
import {registry} from "@web/core/registry";

const ITEM = ".o_newsletter_mirror_menu";

class ResPartner extends mailModels.ResPartner {
    _views = {
        list: `<list><field name="name"/></list>`,
        form: `<form><field name="name"/></form>`,
        search: `
            <search>
                <filter name="companies" string="Companies"
                    domain="[('name', 'ilike', 'Ltd')]"/>
            </search>`,
    };
}

class Task extends models.Model {
    name = fields.Char();
}

defineModels({...mailModels, ResPartner, Task});

before(() => {
    const cogMenu = registry.category("cogMenu");
    clearRegistry(cogMenu);
    cogMenu.add("newsletter-sync-mirror", mirrorMenuItem);
});

function mountContacts(options = {}) {
    return mountView({
        resModel: "res.partner",
        type: "list",
        config: {actionType: "ir.actions.act_window", actionId: 1},
        ...options,
    });
}

function mockAction() {
    mockService("action", {
        doAction(action, {additionalContext}) {
            expect.step(action);
            expect.step(additionalContext);
        },
    });
}

test.tags("desktop");
test("the current search goes to the dialog", async () => {
    onRpc("has_group", () => true);
    mockAction();
    await mountContacts();
    await toggleSearchBarMenu();
    await toggleMenuItem("Companies");
    await toggleActionMenu();
    await contains(ITEM).click();
    expect.verifySteps([
        "newsletter_sync.newsletter_connect_action",
        {
            default_domain: `[("name", "ilike", "Ltd")]`,
            default_name: "Companies",
            default_ir_filter_id: false,
        },
    ]);
});

test.tags("desktop");
test("a favorite is followed", async () => {
    onRpc("has_group", () => true);
    mockAction();
    await mountContacts({
        irFilters: [
            {
                id: 7,
                name: "My friends",
                user_ids: [2],
                domain: `[("name", "=", "Ann")]`,
                context: "{}",
                sort: "[]",
                is_default: true,
                action_id: 1,
            },
        ],
    });
    await toggleActionMenu();
    await contains(ITEM).click();
    expect.verifySteps([
        "newsletter_sync.newsletter_connect_action",
        {
            default_domain: `[("name", "=", "Ann")]`,
            default_name: "My friends",
            default_ir_filter_id: 7,
        },
    ]);
});

test.tags("desktop");
test("a favorite that is searched further is not followed", async () => {
    onRpc("has_group", () => true);
    mockAction();
    await mountContacts({
        irFilters: [
            {
                id: 7,
                name: "My friends",
                user_ids: [2],
                domain: `[("name", "=", "Ann")]`,
                context: "{}",
                sort: "[]",
                is_default: true,
                action_id: 1,
            },
        ],
    });
    await toggleSearchBarMenu();
    await toggleMenuItem("Companies");
    await toggleActionMenu();
    await contains(ITEM).click();
    expect.verifySteps([
        "newsletter_sync.newsletter_connect_action",
        {
            default_domain: `["&", ("name", "=", "Ann"), ("name", "ilike", "Ltd")]`,
            default_name: "My friends, Companies",
            default_ir_filter_id: false,
        },
    ]);
});

test.tags("desktop");
test("only newsletter users are offered it", async () => {
    onRpc("has_group", ({args}) => args[1] !== "newsletter_sync.group_newsletter_user");
    await mountContacts();
    expect(ITEM).toHaveCount(0);
    expect(".o_cp_action_menus").toHaveCount(0);
});

test.tags("desktop");
test("only for contacts", async () => {
    onRpc("has_group", () => true);
    await mountView({
        resModel: "task",
        type: "list",
        arch: `<list><field name="name"/></list>`,
    });
    expect(".o_cp_action_menus").toHaveCount(0);
});
