import io
import re
from pathlib import Path

import polib

from odoo.tools.translate import trans_export

from .common import MillCase

FOLDER = Path(__file__).resolve().parents[1] / "i18n"
KEPT = re.compile(  # placeholders, entities and tags
    r"%\(\w+\)[-.\d]*[a-z]|%[-.\d]*[sdrfg%]|&\w+;|</?\w[^>]*>"
)


class TestTranslations(MillCase):
    """No term is forgotten, in the template or in a translation."""

    def test_the_template_has_every_term(self):
        with io.BytesIO() as buffer:
            trans_export(None, ["mrp_plc_batch"], buffer, "po", self.env)
            exported = {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}
        kept = {entry.msgid for entry in polib.pofile(str(FOLDER / "mrp_plc_batch.pot"))}
        self.assertEqual(kept, exported, "run dev/i18n")

    def test_translations_are_whole(self):
        wanted = {entry.msgid for entry in polib.pofile(str(FOLDER / "mrp_plc_batch.pot"))}
        for path in FOLDER.glob("*.po"):
            entries = polib.pofile(str(path))
            with self.subTest(language=path.stem):
                self.assertEqual({entry.msgid for entry in entries}, wanted)
                for entry in entries:
                    self.assertTrue(entry.msgstr and not entry.fuzzy, entry.msgid)
                    self.assertEqual(
                        sorted(KEPT.findall(entry.msgid)), sorted(KEPT.findall(entry.msgstr))
                    )

    def test_indonesian_is_spoken(self):
        self.env["res.lang"]._activate_lang("id_ID")
        self.env["ir.module.module"]._load_module_terms(["mrp_plc_batch"], ["id_ID"])
        device = self.device.with_context(lang="id_ID")
        states = dict(device.batch_ids._fields["state"]._description_selection(device.env))
        self.assertEqual(states["running"], "Berjalan")
        batch = self.make_batch(self.make_order(), {103: 1.0}).with_context(lang="id_ID")
        self.assertIn("menolak memperbarui", batch._odoo_error("x").message)
        arch = device.env["mo.batch"].get_view(view_type="form")["arch"]
        self.assertIn("Coba Lagi", arch)
        self.assertEqual(device.fields_get(["paused"])["paused"]["string"], "Dijeda")
        of_modules, _lang = self.env["ir.http"]._get_translations_for_webclient(
            ["mrp_plc_batch"], "id_ID"
        )
        on_the_board = {m["id"]: m["string"] for m in of_modules["mrp_plc_batch"]["messages"]}
        self.assertEqual(on_the_board[", done"], ", selesai")
