import { FetchRecordError } from "@web/model/relational_model/errors";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";
import { usePlcLive } from "./live";

/** A list or kanban that changes by itself, and keeps what the person has selected. */
const live = (Controller) =>
    class extends Controller {
        setup() {
            super.setup();
            usePlcLive(() => this.reloadLive());
        }

        async reloadLive() {
            const { root } = this.model;
            if (root.editedRecord) {
                return; // saving or discarding shows the news
            }
            const before = root.records;
            // not `model.load`: what the person filters, sorts or turns to meanwhile would be lost
            await root.load();
            await this.model.mutex.getUnlockedDef(); // what is ticked while it loads counts, too
            const ticks = new Map(before.map((record) => [record.resId, record.selected]));
            for (const record of root.records) {
                const tick = ticks.get(record.resId);
                if (tick !== undefined && tick !== record.selected) {
                    record.toggleSelection(tick);
                }
            }
        }
    };

export const PlcListController = live(ListController);
export const PlcKanbanController = live(KanbanController);

/** A form that changes by itself; a batch that was archived meanwhile becomes its history. */
export class PlcFormController extends FormController {
    setup() {
        super.setup();
        this.action = useService("action");
        usePlcLive(() => this.reloadLive());
    }

    async reloadLive() {
        const { root } = this.model;
        if (root.isNew || (await root.isDirty())) {
            return;
        }
        try {
            await root.load();
        } catch (error) {
            if (!(error instanceof FetchRecordError) || root.resModel !== "mo.batch") {
                throw error;
            }
            await this.showArchived(root.resId);
        }
    }

    async showArchived(batchId) {
        const domain = [["batch_id_was", "=", batchId]];
        const [historyId] = await this.orm.search("mo.histories", domain, { limit: 1 });
        if (historyId) {
            const history = {
                type: "ir.actions.act_window",
                res_model: "mo.histories",
                res_id: historyId,
                views: [[false, "form"]],
            };
            await this.action.doAction({
                type: "ir.actions.client",
                tag: "mrp_plc_batch_archived",
                params: { history },
            });
        }
    }
}

const views = registry.category("views");
views.add("plc_live_list", { ...listView, Controller: PlcListController });
views.add("plc_live_kanban", { ...kanbanView, Controller: PlcKanbanController });
views.add("plc_live_form", { ...formView, Controller: PlcFormController });
