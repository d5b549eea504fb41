import { _t } from "@web/core/l10n/translation";

const DEVICE_STATES = {
    online: { icon: "fa-check-circle", label: _t("Online") },
    offline: { icon: "fa-exclamation-triangle", label: _t("Does not answer") },
    unknown: { icon: "fa-question-circle", label: _t("Not asked yet") },
    paused: { icon: "fa-pause-circle", label: _t("Paused") },
};

/** What a device does, as an icon and in words. */
export function stateOf({ paused, state }) {
    return DEVICE_STATES[paused ? "paused" : state];
}

/** A batch that does not go on by itself, and was not put aside by a person. */
export function isStuck({ error, state }) {
    return Boolean(error) && state !== "parked";
}

/** What a card is of: a slot, or a batch without one. */
export function keyOf({ slot, id }) {
    return slot ? `slot_${slot}` : `batch_${id}`;
}

function facts({ kind, id, state, error }) {
    return JSON.stringify([kind, id, state, error]);
}

function tellDevice(before, now) {
    const troubles = new Set(before.banner.map(({ key }) => key));
    const fresh = now.banner.filter(({ key }) => !troubles.has(key));
    if (fresh.length || stateOf(before.device) === stateOf(now.device)) {
        return fresh.map(({ text, hint }) => `${text} ${hint}`);
    }
    return [`${now.device.name}: ${stateOf(now.device).label}.`];
}

function tell(card) {
    const words = {
        free: () => _t("Free"),
        closing: () => _t("%s: archived; the PLC still has it", card.order),
        batch: () => `${card.order}: ${card.state_label}`,
    }[card.kind]();
    const sentence = card.slot ? `${_t("Slot %s", card.slot)}: ${words}.` : `${words}.`;
    return card.error ? `${sentence} ${card.error}` : sentence;
}

/**
 * What has changed between two looks at a board, in words, for those who listen to it: what keeps
 * the plant from working now, what became of a slot or batch. Kilograms that grow are not told,
 * nor is what was told before.
 */
export function tellNews(before, now) {
    const known = new Map(before.cards.map((card) => [keyOf(card), facts(card)]));
    const changed = now.cards.filter((card) => known.get(keyOf(card)) !== facts(card));
    return [...tellDevice(before, now), ...changed.map(tell)].join(" ");
}
