import { _t } from "@web/core/l10n/translation";

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

function tell(card) {
    const words = {
        free: () => _t("Free"),
        closing: () => _t("%s: archived; the PLC still has it", card.order),
        batch: () => [`${card.order}: ${card.state_label}`, card.error].filter(Boolean).join(". "),
    }[card.kind]();
    return card.slot ? `${_t("Slot %s", card.slot)}: ${words}` : words;
}

/**
 * What has changed between two looks at a board, in words, for those who listen to it: what
 * became of a slot or batch, and what is wrong now. Kilograms that grow are not told.
 */
export function tellNews(before, now) {
    const known = new Map(before.cards.map((card) => [keyOf(card), facts(card)]));
    const changed = now.cards.filter((card) => known.get(keyOf(card)) !== facts(card));
    return changed.map((card) => `${tell(card)}.`).join(" ");
}
