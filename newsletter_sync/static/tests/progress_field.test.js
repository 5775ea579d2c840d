import {defineMailModels, startServer} from "@mail/../tests/mail_test_helpers";
import {expect, test} from "@odoo/hoot";
import {
    asyncStep,
    contains,
    defineModels,
    fields,
    getService,
    models,
    mountView,
    waitForSteps,
} from "@web/../tests/web_test_helpers";
import {animationFrame} from "@odoo/hoot-mock";
import {waitFor} from "@odoo/hoot-dom";

const EVENT = "newsletter_sync/progress";

class NewsletterList extends models.Model {
    _name = "newsletter.list";

    name = fields.Char();
    done = fields.Integer();
    todo = fields.Integer();
}

defineMailModels();
defineModels([NewsletterList]);

const ARCH = `
    <form>
        <field name="name"/>
        <field name="todo" invisible="1"/>
        <field name="done" widget="newsletter_progress" options="{'max_value': 'todo'}"/>
    </form>`;

const BAR = "[name=done] .o_progressbar";

async function mountList(pyEnv) {
    const id = pyEnv["newsletter.list"].create({name: "Ours", done: 1, todo: 4});
    await mountView({
        type: "form",
        resModel: "newsletter.list",
        resId: id,
        arch: ARCH,
    });
    getService("bus_service").start();
    await waitFor(`${BAR}:contains(1)`);
    return id;
}

function work(pyEnv, id) {
    getService("bus_service").subscribe(EVENT, () => asyncStep("told"));
    pyEnv["newsletter.list"].write([id], {done: 3});
    pyEnv["bus.bus"]._sendone("broadcast", EVENT, {list_id: id});
    return waitForSteps(["told"]);
}

test.tags("desktop");
test("the bar moves while the worker sends", async () => {
    const pyEnv = await startServer();
    const id = await mountList(pyEnv);
    await work(pyEnv, id);
    await waitFor(`${BAR}:contains(3)`);
});

test.tags("desktop");
test("what is being typed is not lost", async () => {
    const pyEnv = await startServer();
    const id = await mountList(pyEnv);
    await contains("[name=name] input").edit("Renamed", {confirm: false});
    await work(pyEnv, id);
    await animationFrame();
    expect("[name=name] input").toHaveValue("Renamed");
});
