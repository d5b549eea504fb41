import { registry } from "@web/core/registry";
import { TextField, textField } from "@web/views/fields/text/text_field";
import { usePlcLive } from "./live";

/** A text that keeps the form it stands on up to date, unless somebody is editing it. */
export class PlcLiveStatusField extends TextField {
    setup() {
        super.setup();
        usePlcLive(async () => {
            const { record } = this.props;
            if (record.resId && !(await record.isDirty())) {
                await record.load();
            }
        });
    }
}

registry.category("fields").add("plc_live_status", { ...textField, component: PlcLiveStatusField });
