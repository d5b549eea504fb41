import { registry } from "@web/core/registry";

/**
 * After a button that moved its batch to the history: show the history in place of the batch's
 * form, since a breadcrumb to a batch that is gone would lead nowhere. A list is just reloaded.
 */
async function showArchived(env, action) {
    const { config, props } = env.services.action.currentController;
    if (props.resModel !== "mo.batch" || props.type !== "form") {
        return { type: "ir.actions.act_window_close" };
    }
    const index = config.breadcrumbs.length - 1;
    await env.services.action.doAction(action.params.history, { index });
}

registry.category("actions").add("mrp_plc_batch_archived", showArchived);
