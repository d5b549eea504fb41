import { Component, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

/** What is still to be done until the plant runs; each step leads to where it is done. */
export class FirstSteps extends Component {
    static template = "mrp_plc_batch.FirstSteps";
    static props = { steps: Array, canLoad: Boolean };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ isLoading: false });
    }

    get next() {
        return this.props.steps.findIndex((step) => !step.done);
    }

    open(step) {
        return this.action.doAction(step.action);
    }

    async load() {
        this.state.isLoading = true; // takes some seconds
        try {
            const board = await this.orm.call("plc.device", "action_load_sample_plant");
            await this.action.doAction(board);
        } finally {
            this.state.isLoading = false;
        }
    }
}
