from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

ROUTE = {"type": "http", "auth": "bearer", "save_session": False}


class PlcController(http.Controller):
    """Doors for the plant's monitoring and for scripts of the old service.

    Each is thin over a method that the backend's buttons use too; an API key has the rights of
    its user, no more.
    """

    @http.route("/mrp_plc_batch/health", methods=["GET"], **ROUTE)
    def health(self):
        """200 when all is well, 503 when something needs a person; who, what and since when."""
        return self._answer(lambda: request.env["plc.device"]._get_health(), attention=503)

    @http.route("/api/admin/failed-to-push", methods=["GET"], **ROUTE)
    def failed_to_push(self):
        """Every batch with an error: what, why and what happens next."""
        return self._answer(lambda: request.env["mo.batch"]._get_failed())

    @http.route(
        "/api/admin/manual/retry-push-odoo/<path:mo_id>", methods=["POST"], csrf=False, **ROUTE
    )
    def retry_push(self, mo_id):
        """Button Retry for the open batch of an order: 404 unknown, 409 two of that name, 422
        refused, with the reason."""
        return self._answer(lambda: self._retry(mo_id))

    def _retry(self, mo_id):
        batches = request.env["mo.batch"]
        if "\0" not in mo_id:  # which no text in the database has, and its driver refuses
            batches = batches.search([("mo_id", "=", mo_id)])
        if not batches:
            return self._refusal(mo_id, 404, request.env._("There is no open batch of %s.", mo_id))
        if len(batches) > 1:
            text = request.env._(
                "There are %(count)s open batches of %(order)s.", count=len(batches), order=mo_id
            )
            return self._refusal(mo_id, 409, text)
        try:
            batches.action_retry()
        except UserError as error:
            return self._refusal(mo_id, 422, error.args[0], batches.exists())
        batch = batches.exists()
        if batch.error_code:
            return self._refusal(mo_id, 422, batch.error_message, batch)
        return {"success": True, "mo_id": mo_id, "archived": not batch}

    def _refusal(self, mo_id, status, message, batch=None):
        body = {
            "success": False,
            "mo_id": mo_id,
            "error_code": batch and batch.error_code or None,
            "error_message": message,
            "error_action": batch and batch.error_action or None,
        }
        return request.make_json_response(body, status=status)

    def _answer(self, body, attention=200):
        """Run `body`; 403 where the caller's rights do not reach."""
        try:
            result = body()
        except AccessError as error:
            return request.make_json_response({"error": error.args[0]}, status=403)
        if isinstance(result, http.Response):
            return result
        status = attention if result.get("status") == "attention" else 200
        return request.make_json_response(result, status=status)
