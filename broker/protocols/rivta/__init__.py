"""RIV-TA service contracts over SOAP: block, consent, patient relation and log, for record systems.

`contracts` is the table: a new operation is a row in one of `blocking`, `consent`, `relations`, `access_log`, and a schema file.
`endpoint` answers a call. No web framework, no SQL; XML is `metadata.wire.soap`.
"""
