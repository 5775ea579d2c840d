import {
    ProgressBarField,
    progressBarField,
} from "@web/views/fields/progress_bar/progress_bar_field";
import {onWillUnmount} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

const EVENT = "newsletter_sync/progress";

/** A progress bar that moves while the worker sends the list's addresses. */
export class NewsletterProgressField extends ProgressBarField {
    setup() {
        super.setup();
        const bus = useService("bus_service");
        const onProgress = ({list_id: listId}) => this.onProgress(listId);
        bus.subscribe(EVENT, onProgress);
        onWillUnmount(() => bus.unsubscribe(EVENT, onProgress));
    }

    async onProgress(listId) {
        const {record} = this.props;
        // What is being typed must not be lost.
        if (record.resId === listId && !(await record.isDirty())) {
            await record.load();
        }
    }
}

export const newsletterProgressField = {
    ...progressBarField,
    component: NewsletterProgressField,
};

registry.category("fields").add("newsletter_progress", newsletterProgressField);
