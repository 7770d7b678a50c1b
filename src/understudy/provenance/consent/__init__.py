"""Consent records: who agreed to what, for how long, signed.

`record` says what stands in one and which records are no records at all; `reading` reads them from strangers;
`signing` and `withdrawal` sign and revoke them; `checking` answers whether a record permits something now;
`drafting`, `form` and `wording` are for people who write or read one.
"""
