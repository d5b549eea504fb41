import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";
import { useService } from "@web/core/utils/hooks";
import { isStuck } from "./board_news";

const ICONS = {
    staged: "fa-hourglass-start",
    sent: "fa-paper-plane-o",
    running: "fa-play",
    done: "fa-check",
    failed: "fa-exclamation-triangle",
    parked: "fa-pause",
};

/** A slot of the PLC, or a batch that waits without one. */
export class PlantBoardCard extends Component {
    static template = "mrp_plc_batch.PlantBoardCard";
    static props = { card: Object, reload: Function };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get isStuck() {
        return isStuck(this.props.card);
    }

    get icon() {
        return ICONS[this.isStuck ? "failed" : this.props.card.state];
    }

    get look() {
        const { kind, state } = this.props.card;
        return kind === "batch" ? (this.isStuck ? "failed" : state) : kind;
    }

    /** Slot, order and state: the name of the card, and what its buttons are about. */
    get headId() {
        const { id, slot } = this.props.card;
        return `o_plc_card_${slot}_${id || 0}`;
    }

    kg(value) {
        return formatFloat(value, { digits: [16, value < 10 ? 2 : value < 100 ? 1 : 0] });
    }

    tip(silo) {
        const text = `${silo.name}: ${this.kg(silo.dosed)} / ${this.kg(silo.planned)} kg`;
        return silo.grade === "out" ? `${text}, ${_t("Out of tolerance")}` : text;
    }

    percent(silo) {
        return silo.planned ? Math.min(100, (100 * silo.dosed) / silo.planned) : silo.dosed ? 100 : 0;
    }

    open() {
        const { card } = this.props;
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: card.kind === "batch" ? "mo.batch" : "mo.histories",
            res_id: card.id,
            views: [[false, "form"]],
        });
    }

    async retry() {
        const next = await this.orm.call("mo.batch", "action_retry", [[this.props.card.id]]);
        if (next?.tag === "display_notification") {
            await this.action.doAction(next);
        }
        await this.props.reload();
    }
}
