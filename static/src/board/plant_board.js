import { Component, onWillStart, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { PlcBannerLines } from "../banner/banner";
import { usePlcLive } from "../live/live";
import { isStuck, keyOf, stateOf, tellNews } from "./board_news";
import { FirstSteps } from "./first_steps";
import { PlantBoardCard } from "./plant_board_card";

const STALE_RUNS = 3; // so many reads missed: what is shown is old
const TICK = 20000; // ms between two looks at the clock; no server is asked

/** One device on one page: its slots as cards, what is stuck and what to press. */
export class PlantBoard extends Component {
    static template = "mrp_plc_batch.PlantBoard";
    static components = { FirstSteps, PlantBoardCard, PlcBannerLines };
    static props = { ...standardActionServiceProps };
    static path = "plc-board";

    setup() {
        this.orm = useService("orm");
        this.keyOf = keyOf;
        this.state = useState({
            devices: [],
            board: null,
            first: null,
            news: "",
            now: null,
        });
        this.ahead = 0; // ms that the server's clock is ahead of this computer's
        onWillStart(() => this.start(this.props.action.context.active_id));
        onWillUnmount(() => document.fullscreenElement && document.exitFullscreen());
        usePlcLive((deviceIds) => this.reload(deviceIds));
        useEffect(
            () => {
                const timer = browser.setInterval(() => this.tick(), TICK);
                return () => browser.clearInterval(timer);
            },
            () => []
        );
    }

    get deviceState() {
        return stateOf(this.state.board.device);
    }

    get lastSeen() {
        const { last_seen: lastSeen } = this.state.board.device;
        return lastSeen && deserializeDateTime(lastSeen);
    }

    get age() {
        return this.lastSeen ? this.lastSeen.toRelative({ base: this.state.now }) : _t("never");
    }

    /**
     * What is stuck without a slot; the slots in their order, after the one that is dosed now;
     * what waits without a slot.
     */
    get sections() {
        const { cards } = this.state.board;
        const slots = cards.filter((card) => card.slot);
        const others = cards.filter((card) => !card.slot);
        return [
            { name: "stuck", cards: others.filter(isStuck) },
            {
                name: "slots",
                cards: [
                    ...slots.filter((card) => card.large),
                    ...slots.filter((card) => !card.large),
                ],
            },
            { name: "others", cards: others.filter((card) => !isStuck(card)) },
        ];
    }

    /** What the server's clock says, as the last answer told. */
    serverNow() {
        return luxon.DateTime.now().plus(this.ahead);
    }

    /** Nothing was read for so long that the cards no longer tell what the plant does. */
    get isStale() {
        const { board, now } = this.state;
        const isWaitedFor = board.cards.some((card) => card.kind !== "free");
        const minutes = this.lastSeen ? now.diff(this.lastSeen, "minutes").minutes : Infinity;
        return isWaitedFor && minutes > STALE_RUNS * board.device.read_minutes;
    }

    async start(wanted) {
        [this.state.devices, this.state.first] = await Promise.all([
            this.orm.silent.call("plc.device", "get_board_devices"),
            this.orm.silent.call("plc.device", "get_first_steps"),
        ]);
        const known = this.state.devices.find((device) => device.id === wanted);
        await this.show((known || this.state.devices[0])?.id);
    }

    async show(deviceId) {
        if (deviceId) {
            this.wanted = deviceId;
            this.props.updateActionState?.({ active_id: deviceId });
            await this.load(deviceId);
        }
    }

    async load(deviceId) {
        const { state } = this;
        const askedAt = luxon.DateTime.now(); // a read while the answer is on its way may be missing
        const board = await this.orm.silent.call("plc.device", "get_plant_board", [deviceId]);
        if (deviceId !== this.wanted) {
            return; // another one was chosen meanwhile
        }
        const before = state.board;
        this.askedAt = askedAt;
        this.ahead = deserializeDateTime(board.now).diff(luxon.DateTime.now()).milliseconds;
        state.board = board;
        state.now = this.serverNow();
        const isSame = before?.device.id === deviceId;
        state.news = isSame ? tellNews(before, state.board) || state.news : "";
    }

    async reload(deviceIds) {
        const id = this.state.board?.device.id;
        if (!this.state.first.done) {
            await this.start(id); // each change may be a step
        } else if (id && (!deviceIds || deviceIds.includes(id))) {
            await this.load(id);
        }
    }

    /**
     * A read without news sends no message, so ask before the data are called old, and then once
     * for each read that is due.
     */
    async tick() {
        const { state } = this;
        const wasStale = state.board && this.isStale;
        state.now = this.serverNow();
        if (!state.board || !this.isStale) {
            return;
        }
        const { id, read_minutes: minutes } = state.board.device;
        if (!wasStale || luxon.DateTime.now().diff(this.askedAt, "minutes").minutes >= minutes) {
            await this.load(id);
            if (this.isStale && !wasStale) {
                state.news = _t("Old data: last read %s", this.age);
            }
        }
    }

    onDevice(event) {
        return this.show(Number(event.target.value));
    }

    /** The whole page is: of the board alone no notification and no dialog would be seen. */
    async toggleFullScreen() {
        if (document.fullscreenElement) {
            await document.exitFullscreen();
        } else {
            await document.documentElement.requestFullscreen();
        }
    }
}

registry.category("actions").add("mrp_plc_batch.plant_board", PlantBoard);
