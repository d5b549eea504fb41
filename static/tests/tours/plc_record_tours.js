import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// An engineer changes a silo over in mid-queue; the form says whose order gets something else.
tours.add("plc_change_over", {
    steps: () => [
        { trigger: ".o_form_view button:contains(Change Over)", run: "click" },
        { trigger: ".modal .o_field_widget[name=product_id] input", run: "edit BSJ" },
        { trigger: ".o-autocomplete--dropdown-item:contains(BSJ)", run: "click" },
        { trigger: ".modal .alert-warning:contains(asks for KOPRA and will get BSJ)" },
        { trigger: ".modal .o_field_widget[name=note] input", run: "edit Truck 7" },
        { trigger: ".modal button[name=action_confirm]", run: "click" },
        {
            trigger:
                "body:not(:has(.modal)) .o_form_view .o_field_widget[name=product_id] input:value(BSJ)",
        },
        { trigger: ".oe_stat_button:contains(Change-overs)", run: "click" },
        { trigger: ".o_data_row:contains(Truck 7) td[name=previous_product_id]:contains(KOPRA)" },
    ],
});

// An operator enters what was weighed by hand, and the order closes with it.
tours.add("plc_by_hand", {
    steps: () => [
        { trigger: ".o_data_row td[name=mo_id]", run: "click" },
        { trigger: ".o_form_view .alert-danger:contains(Nobody has entered)" },
        { trigger: "button[name=action_open_by_hand]", run: "click" },
        { trigger: ".modal .o_data_row:contains(GARAM) td[name=quantity]", run: "click" },
        {
            trigger: ".modal .o_data_row:contains(GARAM) td[name=quantity] input",
            run: "edit 2.75",
        },
        {
            trigger: ".modal .o_data_row:contains(TOXIN BINDER) td[name=product_id]",
            run: "click",
        },
        {
            trigger: ".modal .o_data_row td[name=is_entered] input:checked",
        },
        { trigger: ".modal button[name=action_all_as_planned]", run: "click" },
        {
            trigger: ".modal:not(:has(td[name=is_entered] input:not(:checked))) button[name=action_confirm]",
            run: "click",
        },
        { trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(Dosed)" },
        { trigger: "button[name=action_retry]:contains(Update Order Now)", run: "click" },
        { trigger: ".o_arrow_button_current:contains(Completed)" },
        { trigger: ".nav-link[name=by_hand]", run: "click" },
        { trigger: ".o_data_row:contains(GARAM):contains(2.75):contains(Weighed by hand)" },
    ],
});
