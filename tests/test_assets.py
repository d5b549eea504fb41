from odoo.tests import TransactionCase


class TestAssets(TransactionCase):
    """A style sheet that does not compile takes the whole backend's looks away."""

    def test_style_sheets_compile(self):
        for name in ("web.assets_backend", "web.assets_web_dark"):
            with self.subTest(bundle=name):
                bundle = self.env["ir.qweb"]._get_asset_bundle(name, css=True, js=False)
                self.assertIn(".o_plc_board", bundle.preprocess_css())
                self.assertEqual(bundle.css_errors, [])
