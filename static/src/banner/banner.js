import { Component, onWillStart, onWillUpdateProps } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";
import { PlcKanbanController, PlcListController } from "../live/live_views";

/** Troubles as plain lines: what it is, and what to press. */
export class PlcBannerLines extends Component {
    static template = "mrp_plc_batch.BannerLines";
    static props = { lines: Array };

    setup() {
        this.action = useService("action");
    }

    open(line) {
        return this.action.doAction(line.action);
    }
}

/** What keeps the plant from working, above a list. */
export class PlcBanner extends Component {
    static template = "mrp_plc_batch.Banner";
    static components = { PlcBannerLines };
    static props = { list: Object };

    setup() {
        this.orm = useService("orm");
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.load());
    }

    async load() {
        this.lines = await this.orm.silent.call("plc.device", "get_banner");
    }
}

class PlcListRenderer extends ListRenderer {
    static template = "mrp_plc_batch.ListRenderer";
    static components = { ...ListRenderer.components, PlcBanner };
}

class PlcKanbanRenderer extends KanbanRenderer {
    static template = "mrp_plc_batch.KanbanRenderer";
    static components = { ...KanbanRenderer.components, PlcBanner };
}

registry.category("views").add("plc_banner_list", {
    ...listView,
    Controller: PlcListController,
    Renderer: PlcListRenderer,
});
registry.category("views").add("plc_banner_kanban", {
    ...kanbanView,
    Controller: PlcKanbanController,
    Renderer: PlcKanbanRenderer,
});
