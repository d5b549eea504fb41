from odoo.exceptions import ValidationError

from .common import MillCase


class TestHosts(MillCase):
    """Bad hosts are refused when saved, in words that name the device and not the host."""

    def test_what_is_no_plain_host_or_no_plc(self):
        for host in (
            "http://10.0.0.5",
            "10.0.0.5:102",
            "10.0.0 .5",
            "10.0.0.5\n",
            "10.0.0.5\0",
            "169.254.169.254",
            "2852039166",
            "metadata.google.internal",
            "fe80::1",
        ):
            with self.subTest(host=host), self.assertRaises(ValidationError) as caught:
                self.device.host = host
                self.env.flush_all()
            self.assertIn(self.device.name, caught.exception.args[0])
            self.assertNotIn(host, caught.exception.args[0])

    def test_a_plant_s_own(self):
        for host in ("10.0.0.5", "plc01.mill.example", "localhost", False):
            self.device.host = host
            self.env.flush_all()
