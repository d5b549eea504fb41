import { onWillDestroy } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";

const CHANGED = "mrp_plc_batch.changed";
const CALM = 300; // ms: a task commits several times in a moment

/**
 * Call `reload` when a task or another user changed something of a device, and after the
 * connection to the server was lost, since messages may have been missed.
 *
 * @param {(deviceIds?: number[]) => any} reload
 */
export function usePlcLive(reload) {
    const bus = useService("bus_service");
    const later = useDebounced(reload, CALM);
    const onChanged = ({ devices }) => later(devices);
    const onReconnect = () => later();
    bus.subscribe(CHANGED, onChanged);
    bus.addEventListener("BUS:RECONNECT", onReconnect);
    bus.start();
    onWillDestroy(() => {
        bus.unsubscribe(CHANGED, onChanged);
        bus.removeEventListener("BUS:RECONNECT", onReconnect);
    });
}
