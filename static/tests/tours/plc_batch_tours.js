import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// An operator finds a stuck batch, reads why, may do no more than retry and park, and rescues it.
tours.add("plc_operator_rescues", {
    steps: () => [
        {
            trigger: ".o_data_row td[name=error_message]:contains(needs the lot)",
            run: "click",
        },
        { trigger: ".o_form_view .alert-danger:contains(Set the current lot)" },
        { trigger: ".o_form_view .o_form_statusbar:not(:has(button[name=action_reset]))" },
        { trigger: ".o_form_view .o_form_statusbar:not(:has(button[name=action_cancel]))" },
        { trigger: "button[name=action_park]" },
        { trigger: "button[name=action_retry]", run: "click" },
        { trigger: ".o_arrow_button_current:contains(Completed)" },
        { trigger: ".o_breadcrumb a:contains(Failed Batches)", run: "click" },
        { trigger: ".o_view_nocontent:contains(Nothing is wrong)" },
    ],
});

// A manager cancels a batch and its order, and says why.
tours.add("plc_manager_cancels", {
    steps: () => [
        { trigger: ".o_data_row td[name=mo_id]", run: "click" },
        { trigger: ".o_form_statusbar button[name=action_cancel]", run: "click" },
        { trigger: ".modal button[name=action_confirm]", run: "click" },
        { trigger: ".modal:contains(Choose a reason)" },
        { trigger: ".modal:contains(Choose a reason) .btn-close", run: "click" },
        { trigger: ".modal .o_field_widget[name=note] input", run: "edit No grain today" },
        { trigger: ".modal .o_field_widget[name=cancel_order] input", run: "click" },
        { trigger: ".modal button[name=action_confirm]", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(Cancelled)" },
        { trigger: ".o_field_widget[name=notes]:contains(No grain today)" },
    ],
});

// An order shows slot and progress, leads to its batch; one that was kept back is sent again.
tours.add("plc_order_shows_batch", {
    steps: () => [
        { trigger: ".o_data_row td[name=plc_status]:contains(Slot 4: Running)", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=plc_progress]" },
        { trigger: "button[name=action_open_plc_batch]:contains(Slot 4)", run: "click" },
        { trigger: ".o_arrow_button_current:contains(Running)" },
        { trigger: ".o_breadcrumb a:contains(Manufacturing Orders), .o_back_button", run: "click" },
        { trigger: ".o_data_row td[name=plc_status]:contains(Not to be sent)", run: "click" },
        { trigger: "button[name=action_plc_send_again]", run: "click" },
        { trigger: ".modal .btn-primary:contains(Send Again)", run: "click" },
        { trigger: ".o_field_widget[name=plc_status]:contains(To be sent again)" },
    ],
});

// An administrator keeps events for a month, and has the PLCs read every ten minutes.
tours.add("plc_settings_and_interval", {
    steps: () => [
        { trigger: "#plc_event_days .o_field_widget[name=plc_event_days] input", run: "edit 30" },
        { trigger: "button.o_form_button_save", run: "click", expectUnloadPage: true },
        { trigger: "button[name=action_open_plc_scheduled_actions]", run: "click" },
        { trigger: ".o_data_row td:contains(PLC: read consumption)", run: "click" },
        { trigger: ".o_field_widget[name=interval_number] input", run: "edit 10" },
        { trigger: "button.o_form_button_save", run: "click" },
        { trigger: ".o_form_saved" },
    ],
});

// Markup in a name is a text like any other, in list, form, alert, events and board.
const HOSTILE = "<img src=x onerror=window.plcHacked=1>";
const isHarmless = () => {
    if (window.plcHacked || document.querySelector("img[src=x]")) {
        throw new Error("markup from outside was run");
    }
};
tours.add("plc_hostile_text", {
    steps: () => [
        { trigger: `.o_data_row td[name=mo_id]:contains(${HOSTILE})`, run: isHarmless },
        { trigger: ".o_data_row td[name=mo_id]", run: "click" },
        { trigger: `.o_form_view h1:contains(${HOSTILE})`, run: isHarmless },
        { trigger: `.o_form_view .alert-danger:contains(${HOSTILE})`, run: isHarmless },
        { trigger: ".o_notebook a[name=events]", run: "click" },
        { trigger: `.o_form_view td[name=message]:contains(${HOSTILE})`, run: isHarmless },
        { trigger: ".o_form_view .o_field_widget[name=device_id] a", run: "click" },
        { trigger: "button:contains(Plant Board)", run: "click" },
        { trigger: `.o_plc_card:contains(${HOSTILE})`, run: isHarmless },
    ],
});
